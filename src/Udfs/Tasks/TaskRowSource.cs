using Apache.Arrow;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>The rows that Spark sends to a task, with labels, numbers and missing cells read as from files.</summary>
sealed class TaskRowSource : ColumnarSource
{
    readonly Func<RecordBatch?> _next;
    readonly bool _isOwner;
    readonly ColumnLayout _layout;

    TaskRowSource(Func<RecordBatch?> next, bool isOwner, DataFile name, ColumnLayout layout) : base(name, layout)
    {
        _next = next;
        _isOwner = isOwner;
        _layout = layout;
    }

    /// <summary>Prepares to read the rows of a task.</summary>
    /// <param name="schema">The schema of all batches.</param>
    /// <param name="next">Gives the next batch, which the source frees; null at the end.</param>
    /// <param name="rows">What the rows look like.</param>
    /// <param name="partition">The task's partition, for messages.</param>
    /// <exception cref="Model.Errors.BadInputException">A column is absent or of a type that can't be read.</exception>
    public static TaskRowSource Open(Schema schema, Func<RecordBatch?> next, DatasetSpec rows, int partition) =>
        Open(schema, next, true, rows, partition);

    /// <summary>The same for batches that stay the caller's.</summary>
    public static TaskRowSource Borrow(Schema schema, Func<RecordBatch?> next, DatasetSpec rows, int partition) =>
        Open(schema, next, false, rows, partition);

    static TaskRowSource Open(Schema schema, Func<RecordBatch?> next, bool isOwner, DatasetSpec rows, int partition)
    {
        var name = new DataFile($"partition {partition}", DataFormat.Arrow, 0, null);
        return new TaskRowSource(next, isOwner, name, ColumnLayout.Choose(rows, name.Path, schema.FieldsList));
    }

    /// <summary>The rows in batches, each the caller's.</summary>
    /// <param name="batchSize">Rows of a batch; only the last may be shorter.</param>
    /// <param name="firstBatch">Whole batches to pass over.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public IEnumerable<RecordBatch> Batches(int batchSize, long firstBatch, CancellationToken cancellationToken)
    {
        long wanted = firstBatch * batchSize;
        if (wanted > 0 && Skip(wanted) < wanted) yield break;
        var assembler = new BatchAssembler(_layout);
        int rows;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows = Fill(assembler, batchSize);
            if (rows > 0) yield return assembler.Build();
        }
        while (rows == batchSize);
    }

    /// <inheritdoc/>
    protected override RecordBatch? ReadBatch() => _next();

    /// <inheritdoc/>
    protected override void Free(RecordBatch batch)
    {
        if (_isOwner) batch.Dispose();
    }
}
