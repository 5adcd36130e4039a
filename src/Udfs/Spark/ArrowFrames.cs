using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// One Arrow IPC stream within a connection. It ends after the mark of its end and reads no byte beyond; lengths are checked before they
/// reach the library's reader, and bodies go straight to the buffer of whoever reads.
/// </summary>
sealed class ArrowFrames(Stream inner) : ReadOnlyStream
{
    const int MaxMetadata = 64 << 20;
    const int PrefixBytes = 8;
    const uint Continuation = uint.MaxValue;

    byte[] _head = ArrayPool<byte>.Shared.Rent(4096);
    int _headAt;
    int _headLength;
    long _bodyLeft;
    bool _hasEnded;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (_headAt == _headLength && _bodyLeft == 0 && !_hasEnded) ReadHead();
        int count = Math.Min(buffer.Length, _headLength - _headAt);
        if (count > 0)
        {
            _head.AsSpan(_headAt, count).CopyTo(buffer);
            _headAt += count;
            return count;
        }

        return _bodyLeft == 0 ? 0 : ReadBody(buffer);
    }

    /// <summary>Reads on to the end of the stream, without looking at what comes.</summary>
    public void SkipToEnd()
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            while (true)
            {
                while (_bodyLeft > 0) ReadBody(scratch);
                if (_hasEnded) break;
                ReadHead();
            }

            _headAt = _headLength;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _head.Length > 0) ArrayPool<byte>.Shared.Return(_head);
        _head = [];
        base.Dispose(disposing);
    }

    int ReadBody(Span<byte> buffer)
    {
        int read = inner.Read(buffer[..(int)Math.Min(buffer.Length, _bodyLeft)]);
        if (read == 0) throw Cut();
        _bodyLeft -= read;
        return read;
    }

    void ReadHead()
    {
        Fill(_head.AsSpan(0, PrefixBytes));
        uint mark = BinaryPrimitives.ReadUInt32LittleEndian(_head);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(4));
        if (mark != Continuation || length < 0 || length > MaxMetadata)
            throw new SparkProtocolException(string.Create(
                CultureInfo.InvariantCulture, $"Spark's Arrow stream has a message that begins with {mark:X8} and a length of {length} where FFFFFFFF and 0 to {MaxMetadata} were expected"));
        _headAt = 0;
        _headLength = PrefixBytes + length;
        if (_headLength > _head.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(_headLength);
            _head.AsSpan(0, PrefixBytes).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_head);
            _head = larger;
        }

        Fill(_head.AsSpan(PrefixBytes, length));
        _hasEnded = length == 0;
        _bodyLeft = _hasEnded ? 0 : BodyLength(_head.AsSpan(PrefixBytes, length));
    }

    // The table "Message" of Arrow's format: fields are version, header type, header, body length. A field's place stands in the vtable.
    static long BodyLength(ReadOnlySpan<byte> metadata)
    {
        const int Slot = 4 + (2 * 3);
        long length;
        try
        {
            int table = BinaryPrimitives.ReadInt32LittleEndian(metadata);
            int places = table - BinaryPrimitives.ReadInt32LittleEndian(metadata[table..]);
            int placesLength = BinaryPrimitives.ReadUInt16LittleEndian(metadata[places..]);
            int at = placesLength < Slot + 2 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(metadata[(places + Slot)..]);
            length = at == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(metadata[(table + at)..]);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new SparkProtocolException("Spark's Arrow stream has a message whose metadata are damaged", e);
        }

        return length is >= 0 and <= PooledAllocator.MaxBytes ? length : throw new SparkProtocolException(string.Create(
            CultureInfo.InvariantCulture, $"a batch of Spark's has {length} bytes where 0 to {PooledAllocator.MaxBytes} were expected: lower spark.sql.execution.arrow.maxRecordsPerBatch"));
    }

    static SparkProtocolException Cut() => new("the connection ended within Spark's Arrow stream: the task was cancelled or its executor ended");

    void Fill(Span<byte> bytes)
    {
        if (inner.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Cut();
    }
}
