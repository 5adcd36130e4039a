using System.Buffers.Binary;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>A worker's answer to one task, taken apart as Spark's side does.</summary>
sealed record Reply(string Schema, IReadOnlyList<string> Rows, int Times, string? Error, string Tail)
{
    /// <summary>Takes one answer from a stream; the bytes that follow it stay there.</summary>
    /// <param name="stream">What the worker sent.</param>
    /// <param name="times">Number of times in the answer, with the two of spilling.</param>
    public static Reply Read(Stream stream, int times)
    {
        string schema = "";
        List<string> rows = [];
        int signal = Int32(stream);
        if (signal == -6)
        {
            using var reader = new ArrowStreamReader(new Plain(stream), leaveOpen: true);
            schema = string.Join("; ", reader.Schema.FieldsList.Select(Describe));
            while (reader.ReadNextRecordBatch() is { } batch)
                for (int i = 0; i < batch.Length; i++) rows.Add(Cell(batch.Column(0), i));
            signal = Int32(stream);
        }

        if (signal == -2) return new Reply(schema, rows, 0, Text(stream), "");
        if (signal != -3) throw new InvalidDataException($"{signal} where −3 was expected");
        byte[] spilled = new byte[8 * times];
        stream.ReadExactly(spilled);
        if (spilled.AsSpan(8 * (times - 2)).IndexOfAnyExcept((byte)0) >= 0) throw new InvalidDataException("bytes were spilled");
        return new Reply(schema, rows, times, null, $"{Int32(stream)} {Int32(stream)} {Int32(stream)}");
    }

    public static int Int32(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[4];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    public static string Text(Stream stream)
    {
        byte[] bytes = new byte[Int32(stream)];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    static string Describe(Field field) =>
        $"{field.Name}: {(field.DataType is NestedType nested ? $"{nested.Name}<{string.Join(", ", nested.Fields.Select(Describe))}>" : Describe(field.DataType))}{(field.IsNullable ? "" : " not null")}";

    static string Describe(IArrowType type) => type switch
    {
        TimestampType timestamp => $"{timestamp.Name}({timestamp.Unit}, {timestamp.Timezone})",
        Decimal128Type number => $"{number.Name}({number.Precision}, {number.Scale})",
        _ => type.Name,
    };

    static string Cell(IArrowArray array, int at) => array.IsNull(at) ? "null" : array switch
    {
        StructArray rows => $"{{{string.Join(", ", rows.Fields.Select(field => Cell(field, at)))}}}",
        ListArray lists => Items(lists, at),
        StringArray texts => $"'{texts.GetString(at)}'",
        LargeStringArray texts => $"'{texts.GetString(at)}'",
        Decimal128Array numbers => numbers.GetString(at),
        BinaryArray bytes => Convert.ToHexString(bytes.GetBytes(at)),
        LargeBinaryArray bytes => Convert.ToHexString(bytes.GetBytes(at)),
        BooleanArray flags => $"{flags.GetValue(at)}",
        Int32Array numbers => FormattableString.Invariant($"{numbers.GetValue(at)}"),
        Int64Array numbers => FormattableString.Invariant($"{numbers.GetValue(at)}"),
        FloatArray numbers => FormattableString.Invariant($"{numbers.GetValue(at):R}"),
        DoubleArray numbers => FormattableString.Invariant($"{numbers.GetValue(at):R}"),
        TimestampArray times => FormattableString.Invariant($"{times.GetValue(at)}"),
        _ => throw new NotSupportedException(array.GetType().Name),
    };

    static string Items(ListArray lists, int at)
    {
        IArrowArray items = lists.GetSlicedValues(at);
        return $"[{string.Join(", ", Enumerable.Range(0, items.Length).Select(i => Cell(items, i)))}]";
    }

    // The library reads ahead in a MemoryStream, but not in others.
    sealed class Plain(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
        public override int Read(Span<byte> buffer) => inner.Read(buffer);
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
