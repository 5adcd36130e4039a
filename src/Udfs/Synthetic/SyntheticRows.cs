using System.Buffers;
using System.Buffers.Text;
using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Udfs.Synthetic;

/// <summary>
/// Synthetic rows shaped like Criteo's logs with a known true probability, specification <c>syn-1</c>. Row i is a pure function
/// of i: the same bytes everywhere. Columns: <c>label</c>, <c>I1</c> … <c>I13</c> (integers), <c>C1</c> … <c>C26</c> (categories;
/// C24, C25, C26 are lists). Thread-safe.
/// </summary>
public static class SyntheticRows
{
    const int RowsAtOnce = 4096;
    const int LongestLine = 1024;

    /// <summary>The columns in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "label",
        .. Enumerable.Range(1, SyntheticRow.IntegerCount).Select(i => $"I{i}"),
        .. Enumerable.Range(1, SyntheticRow.CategoryCount).Select(i => $"C{i}"),
    ];

    /// <summary>How a text file of the rows is read: integers and categories as text, the bags as lists.</summary>
    /// <param name="paths">Files that <see cref="Write"/> made.</param>
    public static DatasetSpec Spec(params IReadOnlyList<string> paths) => new()
    {
        Inputs = [.. paths.Select(path => new InputFile(path))],
        Format = paths.All(path => DatasetFiles.FormatOf(path) != DataFormat.Parquet) ? DataFormat.Tsv : DataFormat.Parquet,
        Names = Names,
        Label = new("label"),
        Columns = Names.Skip(1).ToDictionary(name => name, name => IsBag(name) ? ColumnKind.TextList : ColumnKind.Text),
    };

    /// <summary>Writes the first rows to a file: tab-separated text, <c>.gz</c> or <c>.zst</c> compressed, or <c>.parquet</c>.</summary>
    /// <param name="path">The file; it appears under this name when it is whole.</param>
    /// <param name="rows">Number of rows, at least 1.</param>
    /// <param name="progress">Gets the number of rows written so far.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    /// <exception cref="BadInputException">The number is not positive, or the file can't be written.</exception>
    public static void Write(string path, long rows, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        if (rows < 1) throw new BadInputException($"rows: {rows}; expected at least 1");
        if (DatasetFiles.FormatOf(path) == DataFormat.Parquet) WriteParquet(path, rows, progress, cancellationToken);
        else WriteText(path, rows, progress, cancellationToken);
    }

    /// <summary>The rows as Arrow batches: label float, integers and categories utf8, the bags list of utf8.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="batchSize">Rows of a batch; the last may be shorter.</param>
    /// <param name="firstRow">Row to begin at.</param>
    public static IEnumerable<RecordBatch> Batches(long rows, int batchSize, long firstRow = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return MakeBatches(rows, batchSize, firstRow);
    }

    /// <summary>The logit of the true probability of a row; the label is 1 with 1 / (1 + exp(−logit)).</summary>
    public static double Logit(long row)
    {
        var synthetic = new SyntheticRow();
        synthetic.Make((ulong)row);
        return synthetic.Logit;
    }

    /// <summary>Appends a row as a line of text.</summary>
    internal static void AppendLine(SyntheticRow row, IBufferWriter<byte> target)
    {
        Span<byte> line = target.GetSpan(LongestLine);
        int at = 0;
        line[at++] = (byte)('0' + row.Label);
        for (int j = 0; j < SyntheticRow.IntegerCount; j++)
        {
            line[at++] = (byte)'\t';
            at += FormatInteger(row, j, line[at..]);
        }

        for (int f = 0; f < SyntheticRow.CategoryCount; f++)
        {
            line[at++] = (byte)'\t';
            ReadOnlySpan<uint> ids = row.Ids(f);
            for (int v = 0; v < ids.Length; v++)
            {
                if (v > 0) line[at++] = (byte)'|';
                at += FormatToken(f, ids[v], line[at..]);
            }
        }

        line[at++] = (byte)'\n';
        target.Advance(at);
    }

    static bool IsBag(string name) => name is "C24" or "C25" or "C26";

    static int FormatInteger(SyntheticRow row, int column, Span<byte> target)
    {
        int written = 0;
        if (row.Integer(column) >= 0) Utf8Formatter.TryFormat(row.Integer(column), target, out written);
        return written;
    }

    static int FormatToken(int column, uint id, Span<byte> target)
    {
        uint token = SyntheticRow.Token(column, id);
        for (int i = 7; i >= 0; i--, token >>= 4) target[i] = "0123456789abcdef"u8[(int)(token & 15)];
        return 8;
    }

    static void WriteText(string path, long rows, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        string temporary = RecordBatchWriter.TemporaryNameOf(path);
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            using (Stream stream = OutputStreams.Create(temporary, path)) WriteLines(stream, rows, progress, cancellationToken);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (FileFault.Is(e))
        {
            throw FileFault.Unwritten(path, e);
        }
        finally
        {
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }

    static void WriteLines(Stream stream, long rows, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var row = new SyntheticRow();
        var text = new ArrayBufferWriter<byte>(RowsAtOnce * LongestLine);
        for (long i = 0; i < rows; i++)
        {
            row.Make((ulong)i);
            AppendLine(row, text);
            if ((i + 1) % RowsAtOnce != 0 && i + 1 != rows) continue;
            cancellationToken.ThrowIfCancellationRequested();
            stream.Write(text.WrittenSpan);
            text.ResetWrittenCount();
            progress?.Report(i + 1);
        }
    }

    static void WriteParquet(string path, long rows, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        RecordBatchWriter? writer = null;
        try
        {
            long written = 0;
            foreach (RecordBatch batch in Batches(rows, RowsAtOnce))
            {
                cancellationToken.ThrowIfCancellationRequested();
                writer ??= RecordBatchWriter.Create(path, batch.Schema);
                writer.Write(batch);
                written += batch.Length;
                batch.Dispose();
                progress?.Report(written);
            }

            writer!.Complete();
        }
        finally
        {
            writer?.Dispose();
        }
    }

    static IEnumerable<RecordBatch> MakeBatches(long rows, int batchSize, long firstRow)
    {
        DatasetSpec spec = Spec("rows");
        Field[] fields = [.. Names.Select(name => new Field(name, Apache.Arrow.Types.StringType.Default, true))];
        var assembler = new BatchAssembler(ColumnLayout.Choose(spec, "rows", fields));
        var row = new SyntheticRow();
        for (long i = 0; i < rows; i++)
        {
            row.Make((ulong)(firstRow + i));
            Append(row, assembler);
            if (assembler.RowCount == batchSize || i + 1 == rows) yield return assembler.Build();
        }
    }

    static void Append(SyntheticRow row, BatchAssembler target)
    {
        Span<byte> cell = stackalloc byte[64];
        ColumnBuilder[] builders = target.Builders;
        builders[0].AppendCell(row.Label == 1 ? "1"u8 : "0"u8);
        for (int j = 0; j < SyntheticRow.IntegerCount; j++) builders[1 + j].AppendCell(cell[..FormatInteger(row, j, cell)]);
        for (int f = 0; f < SyntheticRow.CategoryCount; f++)
        {
            int length = 0;
            foreach (uint id in row.Ids(f))
            {
                if (length > 0) cell[length++] = (byte)'|';
                length += FormatToken(f, id, cell[length..]);
            }

            builders[1 + SyntheticRow.IntegerCount + f].AppendCell(cell[..length]);
        }

        target.RowCount++;
    }
}
