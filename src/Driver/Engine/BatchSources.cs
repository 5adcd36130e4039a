using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Opens the data sets of a fit with the columns that its network and features need.</summary>
/// <param name="estimator">The fit.</param>
/// <param name="model">Its network.</param>
/// <param name="workPath">Folder for rows that are not in files yet.</param>
/// <param name="onSpark">Whether the job runs on Spark, where rows are read by executors.</param>
sealed class BatchSources(TorchEstimator estimator, SparseModel model, string workPath, bool onSpark)
{
    /// <summary>Opens one data set; adds to <paramref name="problems"/> and returns null when it can't.</summary>
    public async Task<IJobRows?> OpenAsync(
        Dataset dataset, string role, List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            if (onSpark) return await OpenOnSparkAsync(dataset, role, problems, cancellationToken);
            LocalDataset local = await dataset.StoreAsync(Path.Combine(workPath, role + ".arrow"), cancellationToken);
            DatasetSpec spec = local.Spec with { Columns = Columns(local.Spec) };
            if (spec.Label is null)
            {
                problems.Add($"The {role} rows have no label; set {nameof(LocalDataset)}.{nameof(LocalDataset.Label)}.");
                return null;
            }

            IReadOnlyList<string> available = DatasetReader.ColumnNames(spec);
            DatasetReader reader = DatasetReader.Open(spec);
            problems.AddRange(estimator.Features?.Problems([.. available], spec.Label.Column) ?? []);
            if (problems.Count > 0) return null;
            Peek(reader, cancellationToken);
            return new FileBatchSource(reader, isCopy: dataset is not LocalDataset);
        }
        catch (BadInputException error)
        {
            problems.AddRange(error.Problems);
            return null;
        }
    }

    async Task<IJobRows?> OpenOnSparkAsync(Dataset dataset, string role, List<string> problems, CancellationToken cancellationToken)
    {
        if (dataset is not SparkDataset frame)
        {
            problems.Add($"The training rows are on Spark, the {role} rows are not; read them with Spark too ({nameof(SparkDataset)}).");
            return null;
        }

        if (frame.Label is null)
        {
            problems.Add($"The {role} rows have no label; set {nameof(SparkDataset)}.{nameof(SparkDataset.Label)}.");
            return null;
        }

        SparkRows rows = await SparkRows.OpenAsync(frame, Columns(frame.Spec), cancellationToken);
        problems.AddRange(estimator.Features?.Problems([.. rows.Available], frame.Label.Column) ?? []);
        return rows;
    }

    // Rows that can't be read at all, or that there are none, should not come up when an epoch is over.
    static void Peek(DatasetReader reader, CancellationToken cancellationToken)
    {
        foreach (Apache.Arrow.RecordBatch row in reader.ReadInOrder(1, cancellationToken))
        {
            row.Dispose();
            return;
        }
    }

    // Columns of the features as they say; columns that only the network names are text, or numbers for its casts.
    OrderedDictionary<string, ColumnKind> Columns(DatasetSpec spec)
    {
        var columns = new OrderedDictionary<string, ColumnKind>(StringComparer.Ordinal);
        foreach ((string name, ColumnKind kind) in estimator.Features?.Columns ?? new Dictionary<string, ColumnKind>())
            columns[name] = spec.Columns.TryGetValue(name, out ColumnKind given) ? given : kind;
        foreach ((string name, ColumnKind kind) in spec.Columns) columns[name] = kind;
        foreach (string name in model.Casts.SelectMany(cast => cast.Columns)) columns.TryAdd(name, ColumnKind.Number);
        foreach (string name in model.Schemas.SelectMany(schema => schema.Columns)) columns.TryAdd(name, ColumnKind.Text);
        return columns;
    }
}
