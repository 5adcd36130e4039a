using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// Writes one direction's messages: header, on the first message the schema, and a record batch whose columns are given as
/// native memory. The memory must stay valid until the message is written. Not thread-safe; one message at a time.
/// </summary>
/// <param name="schema">The columns.</param>
/// <param name="headerLength">Bytes of the header, a multiple of 8.</param>
sealed class BatchEncoder(WireSchema schema, int headerLength) : IWireContent
{
    readonly RecordBatchLayout _layout = new(schema);
    readonly NativeBlock[] _values = new NativeBlock[schema.Columns.Count];
    readonly byte[] _header = new byte[headerLength];

    /// <summary>The header; to be filled before the message is written.</summary>
    public Span<byte> Header => _header;

    /// <summary>Whether this message carries the schema: the stream's first one does.</summary>
    public bool HasSchema { get; private set; } = true;

    /// <inheritdoc/>
    public long ByteLength { get; private set; }

    /// <summary>Begins the next message: no column has values.</summary>
    public void Clear()
    {
        HasSchema = ByteLength == 0;
        Array.Clear(_values);
        Array.Clear(_layout.Counts);
        for (int c = 0; c < _values.Length; c++) _layout.Sources[c] = c;
    }

    /// <summary>Gives a column its values: of its own type, or float32 for a bfloat16 column.</summary>
    public void Set(int column, NativeBlock values)
    {
        WireColumn c = schema.Columns[column];
        _values[column] = values;
        _layout.Counts[column] = values.ByteLength / (c.Kind == WireColumnKind.BFloat16 ? 2 * c.ItemBytes : c.ItemBytes);
    }

    /// <summary>Gives a column the values of an earlier one of the same type; they travel once.</summary>
    public void Share(int column, int source)
    {
        _layout.Counts[column] = _layout.Counts[source];
        _layout.Sources[column] = source;
    }

    /// <summary>Fixes lengths and offsets.</summary>
    public void Complete()
    {
        int start = headerLength + (HasSchema ? schema.Message.Length : 0);
        _layout.Complete(start);
        ByteLength = start + _layout.Prefix.Length + _layout.BodyLength;
    }

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> writer)
    {
        writer.Write(_header);
        if (HasSchema) writer.Write(schema.Message);
        writer.Write(_layout.Prefix);
        WriteOffsets(writer);
        for (int c = 0; c < _values.Length; c++) WriteValues(writer, c);
    }

    void WriteOffsets(IBufferWriter<byte> writer)
    {
        Span<byte> offsets = writer.GetSpan(_layout.OffsetsLength)[.._layout.OffsetsLength];
        offsets.Clear();
        for (int c = 0; c < _values.Length; c++)
            BinaryPrimitives.WriteInt32LittleEndian(offsets[((8 * c) + 4)..], (int)_layout.Counts[c]);
        writer.Advance(_layout.OffsetsLength);
    }

    void WriteValues(IBufferWriter<byte> writer, int column)
    {
        NativeBlock values = _values[column];
        long written = values.ByteLength;
        if (schema.Columns[column].Kind == WireColumnKind.BFloat16)
        {
            WriteHalved(writer, values.AsSpan<float>());
            written /= 2;
        }
        else
        {
            writer.Write(values.AsSpan<byte>());
        }

        int padding = (int)(_layout.PaddedBytes(column) - written);
        if (padding == 0) return;
        writer.GetSpan(padding)[..padding].Clear();
        writer.Advance(padding);
    }

    static void WriteHalved(IBufferWriter<byte> writer, ReadOnlySpan<float> values)
    {
        while (!values.IsEmpty)
        {
            Span<ushort> target = MemoryMarshal.Cast<byte, ushort>(writer.GetSpan(2 * Math.Min(values.Length, 1024)));
            int count = Math.Min(target.Length, values.Length);
            BFloat16.FromSingle(values[..count], target);
            writer.Advance(2 * count);
            values = values[count..];
        }
    }
}
