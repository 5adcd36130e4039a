using System.Globalization;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Tasks;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Rows of a DataFrame, opened for a job.</summary>
sealed class SparkRows : IJobRows
{
    readonly string _description;

    SparkRows(SparkDataset dataset, DatasetSpec spec, IReadOnlyList<string> available, string description)
    {
        Frame = dataset.Frame;
        Spec = spec;
        Available = available;
        _description = description;
    }

    /// <summary>The rows, all columns.</summary>
    public DataFrame Frame { get; }

    /// <inheritdoc/>
    public DatasetSpec Spec { get; }

    /// <summary>The names of all columns.</summary>
    public IReadOnlyList<string> Available { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => [_description];

    /// <inheritdoc/>
    public object Identity => _description;

    /// <summary>Opens a DataFrame: asks for its columns, reads no row.</summary>
    /// <param name="dataset">The rows.</param>
    /// <param name="columns">Columns to read and as what.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="BadInputException">Spark can't plan the rows, or a column is absent.</exception>
    public static async Task<SparkRows> OpenAsync(
        SparkDataset dataset, IReadOnlyDictionary<string, ColumnKind> columns, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> available;
        try
        {
            available = await dataset.Frame.ColumnsAsync(cancellationToken);
        }
        catch (AnalysisException error)
        {
            throw new BadInputException($"Spark can't read the rows: {error.Message}", error);
        }

        DatasetSpec spec = dataset.Spec with { Columns = columns };
        string[] absent = [.. EpochOrder.Columns(spec).Where(name => !available.Contains(name, StringComparer.Ordinal))];
        if (absent.Length > 0) throw new BadInputException([.. absent.Select(name => $"The DataFrame has no column '{name}'; {NearestName.Suggest(name, available, "columns")}.")]);
        string description = string.Create(CultureInfo.InvariantCulture, $"DataFrame of {available.Count} columns: {string.Join(", ", available.Take(8))}{(available.Count > 8 ? ", …" : "")}");
        return new SparkRows(dataset, spec, available, description);
    }

    /// <inheritdoc/>
    public InputFingerprint? Fingerprint() => null;

    /// <inheritdoc/>
    public RowCountEstimate? EstimateRowCount() => null;

    /// <inheritdoc/>
    public async Task<FeatureState> FitAsync(FeatureSpec features, CancellationToken cancellationToken)
    {
        var rows = Spec with { Label = null, Columns = Spec.Columns.Where(column => features.EncodedColumns.ContainsKey(column.Key)).ToDictionary() };
        DataFrame frame = Frame.Select([.. rows.Columns.Keys.Select(name => Functions.Col($"`{name.Replace("`", "``", StringComparison.Ordinal)}`"))]).Repartition(1);
        SortedDictionary<int, byte[]> answers = await TaskJob.RunAsync(
            frame, "metaspore fit features", new FitFeaturesCommand { Features = features, Rows = rows }, barrier: false, cancellationToken);
        return TaskResult.ReadData<FeatureState>(answers[0]);
    }
}
