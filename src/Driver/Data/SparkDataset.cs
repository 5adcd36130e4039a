using System.Runtime.CompilerServices;
using Apache.Arrow;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>
/// Rows of a Spark DataFrame: training on them and scoring them runs on the executors of its session. Immutable; nothing is
/// computed before it is used.
/// <code>
/// new SparkDataset(spark.Read.Parquet("s3a://logs/train")) { Label = new LabelRule("clicked") }
/// </code>
/// </summary>
/// <param name="Frame">The rows.</param>
public sealed record SparkDataset(DataFrame Frame) : Dataset
{
    /// <summary>How the label is made; null: the rows have none. Default: the column <c>label</c>, 0 or 1.</summary>
    public LabelRule? Label { get; init; } = new("label");

    /// <summary>Cells of text columns that mean "missing".</summary>
    public IReadOnlyList<string> Missing { get; init; } = [""];

    /// <summary>Delimiter between the values of a list in a text column that is read as a list.</summary>
    public char ListDelimiter { get; init; } = '|';

    /// <summary>What files of such rows look like, for a model that is used on files later; null: nothing is known.</summary>
    internal DatasetSpec? Files { get; init; }

    /// <summary>What the rows look like; without inputs, since Spark reads them.</summary>
    internal DatasetSpec Spec => (Files ?? new DatasetSpec { Inputs = [] }) with
    {
        Inputs = [],
        Label = Label,
        Missing = Missing,
        ListDelimiter = ListDelimiter,
    };

    /// <inheritdoc/>
    public override async IAsyncEnumerable<RecordBatch> ReadAsync(
        int batchSize = 1024, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (RecordBatch rows in Frame.CollectArrowAsync(cancellationToken: cancellationToken))
        {
            for (int first = 0; first < rows.Length; first += batchSize)
                yield return rows.Slice(first, Math.Min(batchSize, rows.Length - first));
        }
    }

    internal override async Task<LocalDataset> StoreAsync(string path, CancellationToken cancellationToken)
    {
        await RowFiles.WriteAsync(path, ReadAsync(cancellationToken: cancellationToken), cancellationToken);
        return new LocalDataset(Spec with { Inputs = [new InputFile(path)] });
    }
}
