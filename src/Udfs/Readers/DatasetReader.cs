using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Reads the rows of a dataset as Arrow batches, in one pass and in bounded memory. Thread-safe: any number of passes may run
/// at once, each with its own files.
/// </summary>
/// <remarks>
/// Columns come in the order of the first file. By <see cref="Model.Columns.ColumnKind"/>: Text is utf8 (in Parquet and Arrow
/// files integers, bools, dates and times keep their type, dictionaries are decoded, lists stay lists), TextList is list of
/// utf8, Number is double, Label is float without nulls. A delivered batch belongs to whoever gets it; disposing it gives its
/// memory back, after which neither the batch nor its arrays may be used.
/// </remarks>
public sealed class DatasetReader
{
    readonly ColumnLayout _layout;
    readonly IReadOnlyList<DataFile> _files;

    readonly long _keptBytes;
    PackedRows? _kept;

    DatasetReader(DatasetSpec spec, IReadOnlyList<DataFile> files, ColumnLayout layout, long keptBytes)
    {
        Spec = spec;
        _keptBytes = keptBytes;
        _files = files;
        _layout = layout;
        FilePaths = [.. files.Select(file => file.Path).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What is read.</summary>
    public DatasetSpec Spec { get; }

    /// <summary>The schema of every batch.</summary>
    public Schema Schema => _layout.Schema;

    /// <summary>The files that the inputs name, in order, each once.</summary>
    public IReadOnlyList<string> FilePaths { get; }

    /// <summary>Finds the files and checks what can be checked without reading them all: their names, formats and columns.</summary>
    /// <param name="spec">What to read.</param>
    /// <param name="keptBytes">
    /// When a shuffled pass held all rows in its window, and they take at most so many bytes, they stay in memory and later
    /// passes don't read the files again. 0: never.
    /// </param>
    /// <exception cref="BadInputException">An input matches no file, a column is absent, or a file can't be read.</exception>
    public static DatasetReader Open(DatasetSpec spec, long keptBytes = 2L << 30)
    {
        TextSyntaxCheck.Check(spec);
        IReadOnlyList<DataFile> files = DatasetFiles.Expand(spec);
        return new(spec, files, ChooseColumns(spec, files), keptBytes);
    }

    /// <summary>The names of all columns of the dataset's first file that has any, in file order.</summary>
    /// <exception cref="BadInputException">As <see cref="Open"/>.</exception>
    public static IReadOnlyList<string> ColumnNames(DatasetSpec spec)
    {
        TextSyntaxCheck.Check(spec);
        return [.. FirstFields(spec, DatasetFiles.Expand(spec)).Fields.Select(field => field.Name)];
    }

    /// <summary>How many rows there are, from row ranges, metadata and the beginnings of text files; null when that can't be told.</summary>
    public RowCountEstimate? EstimateRowCount() => RowCountEstimate.Of(Spec, _files);

    /// <summary>All rows in file order.</summary>
    /// <param name="batchSize">Rows of a batch; only the last may be shorter.</param>
    /// <param name="cancellationToken">Ends the pass.</param>
    /// <exception cref="BadInputException">A file is damaged or malformed, or there is no row; thrown while rows are taken.</exception>
    public IEnumerable<RecordBatch> ReadInOrder(int batchSize, CancellationToken cancellationToken = default) =>
        Read(new ReadPlan { BatchSize = batchSize }, 0, 0, cancellationToken);

    /// <summary>The batches of one partition of a pass.</summary>
    /// <param name="plan">The pass.</param>
    /// <param name="partition">Partition, from 0; it gets the batches <c>partition + i · PartitionCount</c> of the pass.</param>
    /// <param name="firstBatch">Batches of this partition to leave out at the beginning (its step count when it resumes).</param>
    /// <param name="cancellationToken">Ends the pass.</param>
    /// <exception cref="BadInputException">A file is damaged or malformed, or there is no row; thrown while rows are taken.</exception>
    public IEnumerable<RecordBatch> Read(ReadPlan plan, int partition, long firstBatch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, plan.PartitionCount);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        return ReadPass(plan, k => k % plan.PartitionCount == partition && k / plan.PartitionCount >= firstBatch, cancellationToken)
            .Select(numbered => numbered.Batch);
    }

    /// <summary>Reads a pass once and deals its batches to all partitions, whose workers run in this process.</summary>
    /// <param name="plan">The pass.</param>
    /// <param name="firstBatches">For each partition, batches to leave out at the beginning; null: none.</param>
    /// <param name="queueLength">Batches that may wait for each partition.</param>
    public BatchDealer Deal(ReadPlan plan, IReadOnlyList<long>? firstBatches = null, int queueLength = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queueLength, 1);
        if (firstBatches is not null && firstBatches.Count != plan.PartitionCount)
            throw new ArgumentException($"{firstBatches.Count} values for {plan.PartitionCount} partitions", nameof(firstBatches));
        return new(this, plan, firstBatches ?? new long[plan.PartitionCount], queueLength);
    }

    /// <summary>The batches of a pass for which <paramref name="isWanted"/> holds, with their numbers in the pass.</summary>
    internal IEnumerable<(long Number, RecordBatch Batch)> ReadPass(ReadPlan plan, Func<long, bool> isWanted, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.PartitionCount, 1);
        if (plan.Shuffle) ArgumentOutOfRangeException.ThrowIfLessThan(plan.ShuffleWindow, 1);
        if (Volatile.Read(ref _kept) is { } kept && (!plan.Shuffle || kept.Count <= plan.ShuffleWindow))
            return new WindowedPass(plan, _layout, isWanted).OverAll(kept, cancellationToken);
        return plan.Shuffle ? ReadShuffled(plan, isWanted, cancellationToken) : ReadFilesInOrder(plan.BatchSize, isWanted, cancellationToken);
    }

    IEnumerable<(long Number, RecordBatch Batch)> ReadShuffled(ReadPlan plan, Func<long, bool> isWanted, CancellationToken cancellationToken)
    {
        using var rows = new RowStream(Spec, _files, _layout);
        var window = new PackedRows();
        bool isKept = false;
        try
        {
            IEnumerable<(long Number, RecordBatch Batch)> batches = new WindowedPass(plan, _layout, isWanted).Over(
                rows, window, () => isKept = TryKeep(window), cancellationToken);
            foreach ((long Number, RecordBatch Batch) batch in batches) yield return batch;
        }
        finally
        {
            if (!isKept) window.Dispose();
        }
    }

    bool TryKeep(PackedRows rows) =>
        rows.ByteLength <= _keptBytes && Interlocked.CompareExchange(ref _kept, rows, null) is null;

    IEnumerable<(long Number, RecordBatch Batch)> ReadFilesInOrder(int batchSize, Func<long, bool> isWanted, CancellationToken cancellationToken)
    {
        using var rows = new RowStream(Spec, _files, _layout);
        var assembler = new BatchAssembler(_layout);
        bool isEnd = false;
        for (long number = 0; !isEnd; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isWanted(number))
            {
                isEnd = rows.Skip(batchSize) < batchSize;
                continue;
            }

            isEnd = rows.Fill(assembler, batchSize) < batchSize;
            if (assembler.RowCount > 0) yield return (number, assembler.Build());
        }
    }

    static ColumnLayout ChooseColumns(DatasetSpec spec, IReadOnlyList<DataFile> files)
    {
        (string path, IReadOnlyList<Field> fields) = FirstFields(spec, files);
        return ColumnLayout.Choose(spec, path, fields);
    }

    static (string Path, IReadOnlyList<Field> Fields) FirstFields(DatasetSpec spec, IReadOnlyList<DataFile> files)
    {
        foreach (DataFile file in files)
        {
            IReadOnlyList<Field> fields = FileFields.Of(spec, file);
            if (fields.Count > 0) return (file.Path, fields);
        }

        throw new BadInputException($"{files[0].Path}: the data set has no row; check that the files are the right ones and were written to the end");
    }
}
