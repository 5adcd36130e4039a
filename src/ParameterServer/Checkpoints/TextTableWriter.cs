using System.Globalization;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Writes a table as text, one row a line: <c>key⇥w,…|s,…|age</c>, float32 as <c>%.7g</c> and float64 as <c>%.15g</c>, so that
/// a float32 that is read back differs in its last bits. The middle field of a stateless table is empty. A table without
/// rows is written as an empty binary table, which every reader tells from a lost file.
/// </summary>
public static class TextTableWriter
{
    const int BlockRows = 1024;

    /// <summary>Writes a new file and flushes it to the disk.</summary>
    /// <param name="path">The file; must not exist.</param>
    /// <param name="rows">The rows, read once.</param>
    /// <param name="format">Their format.</param>
    /// <param name="cancellationToken">Ends the write; the file stays incomplete.</param>
    /// <returns>The file's length and hash.</returns>
    /// <exception cref="IOException">It can't be written.</exception>
    public static CheckpointFile Write(string path, ITableRows rows, TableRowFormat format, CancellationToken cancellationToken = default)
    {
        if (rows.RowBytes != format.RowBytes)
            throw new ArgumentException($"rows have {rows.RowBytes} bytes; their format has {format.RowBytes}", nameof(format));
        if (rows.Count == 0) return TableFileWriter.Write(path, rows, null, cancellationToken);
        using HashedFile file = new(path);
        ulong[] keys = new ulong[Math.Min(BlockRows, rows.Count)];
        byte[] values = new byte[checked(keys.Length * rows.RowBytes)];
        int elements = checked(format.Dimension * (1 + format.StatesPerParameter));
        byte[] line = new byte[checked((elements + 2) * (PrintfNumber.MaxLength + 1))];
        for (long start = 0; start < rows.Count; start += keys.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<ulong> part = keys.AsSpan(0, (int)Math.Min(keys.Length, rows.Count - start));
            rows.ReadKeys(start, part);
            rows.ReadRows(start, part, values);
            for (int i = 0; i < part.Length; i++)
                file.Write(line.AsSpan(0, Line(part[i], values.AsSpan(i * rows.RowBytes, rows.RowBytes), format, line)));
        }

        return file.Complete();
    }

    static int Line(ulong key, ReadOnlySpan<byte> row, TableRowFormat format, Span<byte> line)
    {
        key.TryFormat(line, out int at, provider: CultureInfo.InvariantCulture);
        line[at++] = (byte)'\t';
        at += Field(row[..format.DataBytes], format.ElementType, line[at..]);
        line[at++] = (byte)'|';
        at += Field(row[format.DataBytes..format.ValueBytes], format.ElementType, line[at..]);
        line[at++] = (byte)'|';
        int age = MemoryMarshal.Read<int>(row[format.AgeOffset..]);
        age.TryFormat(line[at..], out int digits, provider: CultureInfo.InvariantCulture);
        at += digits;
        line[at++] = (byte)'\n';
        return at;
    }

    static int Field(ReadOnlySpan<byte> bytes, ElementType type, Span<byte> target)
    {
        int at = 0, size = type.ByteSize();
        for (int offset = 0; offset < bytes.Length; offset += size)
        {
            if (offset > 0) target[at++] = (byte)',';
            at += type == ElementType.Float64
                ? PrintfNumber.Format(MemoryMarshal.Read<double>(bytes[offset..]), target[at..])
                : PrintfNumber.Format(MemoryMarshal.Read<float>(bytes[offset..]), target[at..]);
        }

        return at;
    }
}
