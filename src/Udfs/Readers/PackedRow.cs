namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The cells of one row, one after the other, as bytes. Not thread-safe.</summary>
sealed class PackedRow
{
    byte[] _bytes = new byte[1024];
    int _length;

    /// <summary>The bytes so far.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Begins a new row.</summary>
    public void Clear() => _length = 0;

    /// <summary>Adds a number of at most 28 bits in 1 to 4 bytes, or of at most 31 in 5.</summary>
    public void AddCount(int count)
    {
        Span<byte> target = Next(5);
        uint rest = (uint)count;
        int at = 0;
        for (; rest >= 128; rest >>= 7) target[at++] = (byte)(rest | 128);
        target[at++] = (byte)rest;
        _length += at;
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Next(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Adds the number of bytes plus 1, and the bytes.</summary>
    public void AddSized(ReadOnlySpan<byte> bytes)
    {
        Span<byte> target = Next(bytes.Length + 5);
        if (bytes.Length < 127)
        {
            target[0] = (byte)(bytes.Length + 1);
            bytes.CopyTo(target[1..]);
            _length += bytes.Length + 1;
            return;
        }

        AddCount(bytes.Length + 1);
        Add(bytes);
    }

    /// <summary>Takes a number that <see cref="AddCount"/> added.</summary>
    public static int TakeCount(ref ReadOnlySpan<byte> packed)
    {
        uint count = packed[0];
        if (count < 128)
        {
            packed = packed[1..];
            return (int)count;
        }

        count &= 127;
        int at = 1;
        for (int shift = 7; ; shift += 7)
        {
            uint next = packed[at++];
            count |= (next & 127) << shift;
            if (next < 128) break;
        }

        packed = packed[at..];
        return (int)count;
    }

    /// <summary>Takes bytes.</summary>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> packed, int length)
    {
        ReadOnlySpan<byte> taken = packed[..length];
        packed = packed[length..];
        return taken;
    }

    Span<byte> Next(int length)
    {
        if (_bytes.Length - _length < length) Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, checked(_length + length)));
        return _bytes.AsSpan(_length, length);
    }
}
