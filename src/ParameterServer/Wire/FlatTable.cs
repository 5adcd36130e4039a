using System.Buffers.Binary;
using System.Text;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>A table of a flatbuffer that comes from a peer: every read is checked against the buffer's bounds.</summary>
readonly ref struct FlatTable
{
    readonly ReadOnlySpan<byte> _buffer;
    readonly int _position;

    FlatTable(ReadOnlySpan<byte> buffer, int position)
    {
        _buffer = buffer;
        _position = position;
    }

    /// <summary>The root table of a buffer.</summary>
    public static FlatTable Root(ReadOnlySpan<byte> buffer) => new(buffer, Offset(buffer, 0));

    /// <summary>Position of a field's value; 0 when the field is absent.</summary>
    public int Field(int index)
    {
        int vtable = At(_position - (long)Int32(_buffer, _position));
        int size = UInt16(_buffer, vtable);
        int slot = 4 + (2 * index);
        if (slot + 2 > size) return 0;
        int offset = UInt16(_buffer, vtable + slot);
        return offset == 0 ? 0 : At((long)_position + offset);
    }

    /// <summary>A one-byte field; 0 when absent.</summary>
    public byte Byte(int index)
    {
        int at = Field(index);
        return at == 0 ? (byte)0 : Slice(_buffer, at, 1)[0];
    }

    /// <summary>A two-byte field; 0 when absent.</summary>
    public short Int16(int index)
    {
        int at = Field(index);
        return at == 0 ? (short)0 : (short)UInt16(_buffer, at);
    }

    /// <summary>A four-byte field; 0 when absent.</summary>
    public int Int32(int index)
    {
        int at = Field(index);
        return at == 0 ? 0 : Int32(_buffer, at);
    }

    /// <summary>An eight-byte field; 0 when absent.</summary>
    public long Int64(int index)
    {
        int at = Field(index);
        return at == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(Slice(_buffer, at, 8));
    }

    /// <summary>A table that a field refers to.</summary>
    public FlatTable Table(int index)
    {
        int at = Field(index);
        return at == 0 ? throw Malformed() : new FlatTable(_buffer, Offset(_buffer, at));
    }

    /// <summary>The first characters of a text that a field refers to; empty when absent.</summary>
    public string Text(int index, int maxLength)
    {
        int at = Field(index);
        if (at == 0) return "";
        int start = Offset(_buffer, at);
        return Encoding.UTF8.GetString(Slice(_buffer, start + 4, Math.Min(Int32(_buffer, start), maxLength)));
    }

    /// <summary>Length of a vector that a field refers to; 0 when absent. Nothing says that so much follows.</summary>
    public int Count(int index)
    {
        int at = Field(index);
        return at == 0 ? 0 : Int32(_buffer, Offset(_buffer, at));
    }

    /// <summary>A table of a vector of tables.</summary>
    public FlatTable Element(int index, int position)
    {
        long at = Offset(_buffer, Field(index)) + 4 + (4L * position);
        return new FlatTable(_buffer, Offset(_buffer, At(at)));
    }

    /// <summary>A vector of structs of 16 bytes that a field refers to.</summary>
    public ReadOnlySpan<byte> Structs(int index, int expectedCount)
    {
        int at = Field(index);
        if (at == 0) return expectedCount == 0 ? [] : throw Malformed();
        int start = Offset(_buffer, at);
        int count = Int32(_buffer, start);
        return count == expectedCount
            ? Slice(_buffer, start + 4, 16 * expectedCount)
            : throw new BadInputException($"the record batch's metadata has {count} entries where the schema asks for {expectedCount}");
    }

    int At(long position) => position >= 0 && position < _buffer.Length ? (int)position : throw Malformed();

    static int Offset(ReadOnlySpan<byte> buffer, int at)
    {
        long target = at + (long)BinaryPrimitives.ReadUInt32LittleEndian(Slice(buffer, at, 4));
        return target < buffer.Length ? (int)target : throw Malformed();
    }

    static int Int32(ReadOnlySpan<byte> buffer, int at) => BinaryPrimitives.ReadInt32LittleEndian(Slice(buffer, at, 4));

    static int UInt16(ReadOnlySpan<byte> buffer, int at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(buffer, at, 2));

    static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> buffer, int at, int length) =>
        at >= 0 && length >= 0 && at <= buffer.Length - length ? buffer.Slice(at, length) : throw Malformed();

    static BadInputException Malformed() => new("the Arrow metadata of the message is damaged: an offset leaves the buffer");
}
