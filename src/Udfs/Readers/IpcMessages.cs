using System.Buffers.Binary;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The messages of an Arrow IPC stream or file, without the magic of a file; remembers the last 8 bytes read.</summary>
sealed class IpcMessages(Stream inner) : ReadOnlyStream
{
    static readonly byte[] s_mark = [255, 255, 255, 255, 0, 0, 0, 0];

    readonly byte[] _last = new byte[8];
    byte[]? _start;
    int _startAt;
    bool _isLegacy;

    /// <summary>Whether the last bytes read are the mark that ends a stream (a message of length 0).</summary>
    public bool EndedWithMark =>
        _last.AsSpan().SequenceEqual(s_mark) || (_isLegacy && BinaryPrimitives.ReadUInt32LittleEndian(_last.AsSpan(4)) == 0);

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        _start ??= ReadStart();
        int count = Math.Min(buffer.Length, _start.Length - _startAt);
        if (count > 0)
        {
            _start.AsSpan(_startAt, count).CopyTo(buffer);
            _startAt += count;
        }
        else
        {
            count = inner.Read(buffer);
        }

        Remember(buffer[..count]);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    byte[] ReadStart()
    {
        byte[] start = new byte[8];
        int read = inner.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (start.AsSpan(0, read).SequenceEqual("ARROW1\0\0"u8)) return [];
        _isLegacy = !start.AsSpan().StartsWith(s_mark.AsSpan(0, 4));
        return start[..read];
    }

    void Remember(ReadOnlySpan<byte> read)
    {
        if (read.Length >= 8)
        {
            read[^8..].CopyTo(_last);
            return;
        }

        _last.AsSpan(read.Length).CopyTo(_last);
        read.CopyTo(_last.AsSpan(8 - read.Length));
    }
}
