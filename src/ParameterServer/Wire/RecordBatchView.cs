using System.Buffers.Binary;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// The columns of a received record batch, checked against the expected schema and the message's bounds before any is used.
/// Kept from step to step; not thread-safe.
/// </summary>
/// <param name="schema">The columns.</param>
/// <param name="kind">Names a message in errors, as in "request".</param>
sealed class RecordBatchView(WireSchema schema, string kind)
{
    const int RecordBatchHeader = 3;

    readonly NativeBlock[] _values = new NativeBlock[schema.Columns.Count];
    readonly int[] _sources = new int[schema.Columns.Count];
    readonly Dictionary<NativeBlock, int> _keys = [];
    bool _schemaSeen;

    /// <summary>The values of a column inside the message's memory.</summary>
    public NativeBlock Values(int column) => _values[column];

    /// <summary>The first column of keys with the same values in the same memory; the column itself when there is none.</summary>
    public int Source(int column) => _sources[column];

    /// <summary>Reads what follows a message's header: the schema if it is there, and a record batch that takes all the rest.</summary>
    /// <param name="message">The bytes after the header; they stay the columns' memory.</param>
    /// <param name="hasSchema">Whether the schema is there; the first message of a stream must have it.</param>
    /// <exception cref="BadInputException">It is damaged, or not of the schema; nothing may be used.</exception>
    public void Read(NativeBlock message, bool hasSchema)
    {
        if (!hasSchema && !_schemaSeen) throw new BadInputException($"the first {kind} of the stream carries no schema");
        int schemaLength = hasSchema ? WireSchemaCheck.Check(message, schema) : 0;
        _schemaSeen = true;
        ReadBatch(message.Slice(schemaLength, message.ByteLength - schemaLength));
    }

    /// <summary>Length of the metadata of an encapsulated message; its prefix of 8 bytes is checked.</summary>
    public static int EncapsulatedLength(ReadOnlySpan<byte> message)
    {
        if (message.Length < 8) throw new BadInputException($"an Arrow message of {message.Length} bytes; expected at least 8");
        if (BinaryPrimitives.ReadUInt32LittleEndian(message) != 0xFFFFFFFF)
            throw new BadInputException("the Arrow message does not begin with the continuation marker");
        int length = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        return length >= 8 && length % 8 == 0 && length <= message.Length - 8
            ? length
            : throw new BadInputException($"the Arrow message names {length} bytes of metadata; it has {message.Length - 8} bytes");
    }

    void ReadBatch(NativeBlock message)
    {
        ReadOnlySpan<byte> bytes = message.AsSpan<byte>();
        int metadataLength = EncapsulatedLength(bytes);
        FlatTable root = FlatTable.Root(bytes.Slice(8, metadataLength));
        short version = root.Int16(0);
        if (version is not (3 or 4)) throw new BadInputException($"the Arrow metadata has version {version}; expected 3 or 4 (V4, V5)");
        if (root.Byte(1) != RecordBatchHeader) throw new BadInputException($"the Arrow message is of kind {root.Byte(1)}; expected a record batch");
        NativeBlock body = message.Slice(8 + metadataLength, message.ByteLength - 8 - metadataLength);
        if (root.Int64(3) != body.ByteLength)
            throw new BadInputException($"the record batch names a body of {root.Int64(3)} bytes, the message has {body.ByteLength}");
        FlatTable batch = root.Table(2);
        if (batch.Int64(0) != 1) throw new BadInputException($"the record batch has {batch.Int64(0)} rows; expected 1");
        if (batch.Field(3) != 0) throw new BadInputException("the record batch is compressed; expected plain buffers");
        ReadColumns(batch.Structs(1, schema.NodeCount), batch.Structs(2, schema.BufferCount), body);
    }

    void ReadColumns(ReadOnlySpan<byte> nodes, ReadOnlySpan<byte> buffers, NativeBlock body)
    {
        long left = body.ByteLength;
        _keys.Clear();
        for (int c = 0; c < schema.Columns.Count; c++)
        {
            WireColumn column = schema.Columns[c];
            Expect(Next(ref nodes), 1, column);
            long count = Next(ref nodes);
            if (count is < 0 or > int.MaxValue) throw Damaged(column, $"{count} items");
            if (column.IsFixedSizeList) Expect(Next(ref nodes), count * column.Dimension, column);
            _ = Buffer(ref buffers, body, column);
            NativeBlock offsets = Buffer(ref buffers, body, column);
            if (offsets.ByteLength < 8 || offsets.AsSpan<int>()[0] != 0 || offsets.AsSpan<int>()[1] != count) throw Damaged(column, "list offsets");
            _ = Buffer(ref buffers, body, column);
            if (column.IsFixedSizeList) _ = Buffer(ref buffers, body, column);
            NativeBlock values = Buffer(ref buffers, body, column);
            if (values.ByteLength < count * column.ItemBytes) throw Damaged(column, $"{values.ByteLength} bytes for {count} items");
            values = values.Slice(0, count * column.ItemBytes);
            _values[c] = values;
            _sources[c] = Source(c, column, values);
            if (_sources[c] != c) continue;

            // A peer that laid columns over each other could make a small message large: each is decoded into memory of its own.
            left -= values.ByteLength;
            if (left < 0) throw Damaged(column, "its values overlap another column's");
        }
    }

    int Source(int index, WireColumn column, NativeBlock values)
    {
        if (!column.IsKeys || values.IsEmpty) return index;
        return _keys.TryAdd(values, index) ? index : _keys[values];
    }

    static long Next(ref ReadOnlySpan<byte> nodes)
    {
        long length = BinaryPrimitives.ReadInt64LittleEndian(nodes);
        long nulls = BinaryPrimitives.ReadInt64LittleEndian(nodes[8..]);
        if (nulls != 0) throw new BadInputException($"a column of the record batch has {nulls} nulls; expected none");
        nodes = nodes[16..];
        return length;
    }

    static NativeBlock Buffer(ref ReadOnlySpan<byte> buffers, NativeBlock body, WireColumn column)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(buffers);
        long length = BinaryPrimitives.ReadInt64LittleEndian(buffers[8..]);
        buffers = buffers[16..];
        return offset >= 0 && offset % 8 == 0 && length >= 0 && offset <= body.ByteLength && length <= body.ByteLength - offset
            ? body.Slice(offset, length)
            : throw Damaged(column, $"a buffer at {offset} of {length} bytes in a body of {body.ByteLength}");
    }

    static void Expect(long found, long expected, WireColumn column)
    {
        if (found != expected) throw Damaged(column, $"{found} values where {expected} are expected");
    }

    static BadInputException Damaged(WireColumn column, string what) =>
        new($"column '{column.Name}' of the record batch is damaged: {what}");
}
