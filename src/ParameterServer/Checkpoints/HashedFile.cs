using System.Buffers;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// A new file that is written from start to end, hashed on the way and flushed to the disk. While the caller makes the next block,
/// another thread hashes and writes the last one, and the disk takes the ones before, so that little is left for the flush at the
/// end. Not thread-safe.
/// </summary>
sealed class HashedFile : IDisposable
{
    const int BlockBytes = 1 << 20;
    const long WriteBackBytes = 16 << 20;

    readonly string _path;
    readonly SafeFileHandle _file;
    readonly XxHash3 _hash = new();
    byte[] _block = ArrayPool<byte>.Shared.Rent(BlockBytes);
    int _used;
    long _length;
    long _writtenBack;
    Task _writing = Task.CompletedTask;
    bool _isDisposed;

    /// <summary>Creates the file; an existing one is an error.</summary>
    /// <exception cref="IOException">It can't be created.</exception>
    public HashedFile(string path)
    {
        _path = path;
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="IOException">Bytes of this call or of one before can't be written.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, BlockBytes - _used);
            bytes[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            bytes = bytes[count..];
            if (_used == BlockBytes) PassOn();
        }
    }

    /// <summary>Flushes the file to the disk and closes it.</summary>
    /// <exception cref="IOException">Bytes can't be written.</exception>
    public CheckpointFile Complete()
    {
        _writing.GetAwaiter().GetResult();
        WriteBlock(_block, _used);
        RandomAccess.FlushToDisk(_file);
        Dispose();
        return new CheckpointFile(Path.GetFileName(_path), _length, Text(_hash.GetCurrentHashAsUInt64()));
    }

    /// <summary>Writes a whole file.</summary>
    public static CheckpointFile Write(string path, ReadOnlySpan<byte> content)
    {
        using HashedFile file = new(path);
        file.Write(content);
        return file.Complete();
    }

    /// <summary>The length and hash of an existing file.</summary>
    public static CheckpointFile Read(string path, CancellationToken cancellationToken)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        XxHash3 hash = new();
        byte[] buffer = new byte[1 << 18];
        long length = 0;
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.Append(buffer.AsSpan(0, read));
            length += read;
        }

        return new CheckpointFile(Path.GetFileName(path), length, Text(hash.GetCurrentHashAsUInt64()));
    }

    /// <summary>Waits for what is being written, and closes the file.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        Task.WaitAny(_writing);
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_block);
    }

    /// <summary>A hash as 16 lower-case hex digits.</summary>
    public static string Text(ulong hash) => hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    void PassOn()
    {
        _writing.GetAwaiter().GetResult();
        (byte[] full, _block, _used) = (_block, ArrayPool<byte>.Shared.Rent(BlockBytes), 0);
        _writing = Task.Run(() =>
        {
            WriteBlock(full, BlockBytes);
            ArrayPool<byte>.Shared.Return(full);
        });
    }

    void WriteBlock(byte[] block, int count)
    {
        ReadOnlySpan<byte> bytes = block.AsSpan(0, count);
        _hash.Append(bytes);
        RandomAccess.Write(_file, bytes, _length);
        _length += count;
        if (_length - _writtenBack < WriteBackBytes) return;
        PosixFiles.StartWriteBack(_file, _writtenBack, _length - _writtenBack);
        _writtenBack = _length;
    }
}
