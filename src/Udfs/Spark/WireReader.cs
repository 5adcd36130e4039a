using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Reads Java's big-endian numbers and length-delimited texts; every length is checked before memory is taken for it.</summary>
sealed class WireReader(Stream stream)
{
    /// <summary>Longest text or byte string, in bytes.</summary>
    public const int MaxBytes = 128 << 20;

    /// <summary>Most entries of a list or map.</summary>
    public const int MaxCount = 1_000_000;

    // Memory is taken in steps of this size, so that a wrong length costs no more than what was really sent.
    const int Step = 1 << 20;

    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly byte[] _number = new byte[8];

    /// <summary>Where the bytes come from; nothing was read ahead of it.</summary>
    public Stream Stream => stream;

    /// <summary>Reads a number, or returns null when the stream ends before its first byte.</summary>
    public int? TryReadInt32(string what)
    {
        int read = stream.ReadAtLeast(_number.AsSpan(0, 4), 4, throwOnEndOfStream: false);
        if (read is > 0 and < 4) throw Cut(what);
        return read == 0 ? null : BinaryPrimitives.ReadInt32BigEndian(_number);
    }

    public int ReadInt32(string what)
    {
        Fill(_number.AsSpan(0, 4), what);
        return BinaryPrimitives.ReadInt32BigEndian(_number);
    }

    public long ReadInt64(string what)
    {
        Fill(_number, what);
        return BinaryPrimitives.ReadInt64BigEndian(_number);
    }

    public bool ReadBoolean(string what)
    {
        Fill(_number.AsSpan(0, 1), what);
        return _number[0] switch
        {
            0 => false,
            1 => true,
            byte other => throw Unexpected(what, "0 or 1", other),
        };
    }

    /// <summary>Reads the number of entries that follow.</summary>
    public int ReadCount(string what)
    {
        int count = ReadInt32(what);
        return count is >= 0 and <= MaxCount ? count : throw Unexpected(what, $"a number from 0 to {MaxCount}", count);
    }

    public byte[] ReadBytes(string what, int limit = MaxBytes)
    {
        int length = ReadInt32(what);
        if (length < 0 || length > limit) throw Unexpected(what, $"a length from 0 to {limit}", length);
        byte[] bytes = new byte[Math.Min(length, Step)];
        int filled = 0;
        while (true)
        {
            Fill(bytes.AsSpan(filled), what);
            filled = bytes.Length;
            if (filled == length) return bytes;
            Array.Resize(ref bytes, (int)Math.Min(length, 2L * filled));
        }
    }

    public string ReadText(string what, int limit = MaxBytes)
    {
        byte[] bytes = ReadBytes(what, limit);
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new SparkProtocolException($"Spark's {what} is not UTF-8 text: {e.Message}", e);
        }
    }

    static SparkProtocolException Unexpected(string what, string expected, int found) => new(string.Create(
        CultureInfo.InvariantCulture, $"Spark's {what} is {found} where {expected} was expected: the two sides do not speak the same version of the protocol"));

    static SparkProtocolException Cut(string what) => new($"the connection ended within Spark's {what}");

    void Fill(Span<byte> bytes, string what)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Cut(what);
    }
}
