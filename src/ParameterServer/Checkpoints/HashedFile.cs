using System.IO.Hashing;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>A new file that is written from start to end, hashed on the way and flushed to the disk. Not thread-safe.</summary>
sealed class HashedFile : IDisposable
{
    readonly FileStream _stream;
    readonly XxHash3 _hash = new();
    long _length;

    /// <summary>Creates the file; an existing one is an error.</summary>
    /// <exception cref="IOException">It can't be created.</exception>
    public HashedFile(string path) => _stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _hash.Append(bytes);
        _length += bytes.Length;
        _stream.Write(bytes);
    }

    /// <summary>Flushes the file to the disk and closes it.</summary>
    public CheckpointFile Complete()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        return new CheckpointFile(Path.GetFileName(_stream.Name), _length, Text(_hash.GetCurrentHashAsUInt64()));
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

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>A hash as 16 lower-case hex digits.</summary>
    public static string Text(ulong hash) => hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
