using System.Buffers.Binary;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// Where the parts of one record batch message lie, and its metadata: a flatbuffer of fixed shape in which only lengths and
/// offsets change from step to step (Arrow's Message.fbs and Schema.fbs, metadata version 5). Kept from step to step; not
/// thread-safe.
/// </summary>
/// <remarks>
/// Body: the lists' offsets, 8 bytes a column; then the columns' values, each part padded to 64 bytes. The metadata is padded
/// so that the body begins at a multiple of 64 bytes of the message, and a message in aligned memory has aligned columns.
/// </remarks>
sealed class RecordBatchLayout
{
    const int Alignment = 64;
    const int PrefixLength = 8;
    const int NodesOffset = 80;

    readonly WireSchema _schema;
    readonly byte[] _metadata;
    readonly long[] _offsets;
    readonly int _metadataLength;

    /// <summary>Prepares the constant part of the metadata.</summary>
    public RecordBatchLayout(WireSchema schema)
    {
        _schema = schema;
        Counts = new long[schema.Columns.Count];
        Sources = new int[schema.Columns.Count];
        _offsets = new long[schema.Columns.Count];
        _metadataLength = NodesOffset + (16 * schema.NodeCount) + 8 + (16 * schema.BufferCount);
        _metadata = new byte[PrefixLength + _metadataLength + Alignment];
        WriteConstants();
    }

    /// <summary>By column: items of this message. To be set before <see cref="Complete"/>.</summary>
    public long[] Counts { get; }

    /// <summary>
    /// By column: itself, or an earlier column of the same type whose values are its own too. To be set before <see cref="Complete"/>.
    /// </summary>
    public int[] Sources { get; }

    /// <summary>Bytes of the body.</summary>
    public long BodyLength { get; private set; }

    /// <summary>The continuation marker, the metadata's length, and the metadata.</summary>
    public ReadOnlySpan<byte> Prefix => _metadata.AsSpan(0, PrefixLength + PaddedLength);

    int PaddedLength { get; set; }

    /// <summary>Bytes of the offsets' part of the body.</summary>
    public int OffsetsLength => (int)Pad(8L * Counts.Length);

    /// <summary>Bytes that a column's own values take, with padding.</summary>
    public long PaddedBytes(int column) => Sources[column] != column ? 0 : Pad(Counts[column] * _schema.Columns[column].ItemBytes);

    /// <summary>Computes offsets and metadata for <see cref="Counts"/>.</summary>
    /// <param name="start">Bytes of the message before the prefix; a multiple of 8.</param>
    /// <exception cref="OverflowException">A column has more than 2³¹−1 items.</exception>
    public void Complete(int start)
    {
        long at = OffsetsLength;
        for (int c = 0; c < Counts.Length; c++)
        {
            _ = checked((int)Counts[c]);
            _offsets[c] = Sources[c] == c ? at : _offsets[Sources[c]];
            at += PaddedBytes(c);
        }

        BodyLength = at;
        PaddedLength = (int)Pad(start + PrefixLength + _metadataLength) - start - PrefixLength;
        Span<byte> metadata = _metadata.AsSpan(PrefixLength);
        BinaryPrimitives.WriteInt32LittleEndian(_metadata.AsSpan(4), PaddedLength);
        BinaryPrimitives.WriteInt64LittleEndian(metadata[24..], BodyLength);
        Span<byte> nodes = metadata[NodesOffset..];
        Span<byte> buffers = metadata[(NodesOffset + (16 * _schema.NodeCount) + 8)..];
        for (int c = 0; c < Counts.Length; c++)
        {
            WireColumn column = _schema.Columns[c];
            nodes = Pair(nodes, 1, 0);
            nodes = Pair(nodes, Counts[c], 0);
            if (column.IsFixedSizeList) nodes = Pair(nodes, Counts[c] * column.Dimension, 0);
            buffers = Pair(buffers, 0, 0);
            buffers = Pair(buffers, 8L * c, 8);
            buffers = Pair(buffers, 0, 0);
            if (column.IsFixedSizeList) buffers = Pair(buffers, 0, 0);
            buffers = Pair(buffers, _offsets[c], Counts[c] * column.ItemBytes);
        }
    }

    // Table positions: root 0, vtable of Message 4, Message 16, vtable of RecordBatch 40, RecordBatch 52, nodes 76, buffers.
    void WriteConstants()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_metadata, 0xFFFFFFFF);
        Span<byte> m = _metadata.AsSpan(PrefixLength);
        BinaryPrimitives.WriteInt32LittleEndian(m, 16);
        Shorts(m[4..], 12, 20, 16, 18, 4, 8);
        BinaryPrimitives.WriteInt32LittleEndian(m[16..], 12);
        BinaryPrimitives.WriteInt32LittleEndian(m[20..], 32);
        Shorts(m[32..], 4);
        m[34] = 3;
        Shorts(m[40..], 10, 20, 4, 12, 16);
        BinaryPrimitives.WriteInt32LittleEndian(m[52..], 12);
        BinaryPrimitives.WriteInt64LittleEndian(m[56..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(m[64..], 76 - 64);
        int buffers = NodesOffset + (16 * _schema.NodeCount) + 4;
        BinaryPrimitives.WriteInt32LittleEndian(m[68..], buffers - 68);
        BinaryPrimitives.WriteInt32LittleEndian(m[76..], _schema.NodeCount);
        BinaryPrimitives.WriteInt32LittleEndian(m[buffers..], _schema.BufferCount);
    }

    static void Shorts(Span<byte> at, params ReadOnlySpan<short> values)
    {
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt16LittleEndian(at[(2 * i)..], values[i]);
    }

    static Span<byte> Pair(Span<byte> at, long first, long second)
    {
        BinaryPrimitives.WriteInt64LittleEndian(at, first);
        BinaryPrimitives.WriteInt64LittleEndian(at[8..], second);
        return at[16..];
    }

    static long Pad(long length) => (length + Alignment - 1) & -Alignment;
}
