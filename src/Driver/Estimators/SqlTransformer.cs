using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>
/// Makes rows out of rows by a query in Spark's SQL, as Spark ML's transformer of this name does; for rows on Spark. Immutable.
/// <code>
/// new SqlTransformer("SELECT *, hour(time) AS hour FROM __THIS__")
/// </code>
/// </summary>
/// <param name="Statement">The query; <c>__THIS__</c> stands for the rows.</param>
public sealed record SqlTransformer(string Statement) : ITransformer
{
    const string This = "__THIS__";

    /// <inheritdoc/>
    /// <exception cref="BadInputException">The rows are not on Spark, or the query does not name them.</exception>
    public async Task<Dataset> TransformAsync(Dataset dataset, CancellationToken cancellationToken = default)
    {
        if (!Statement.Contains(This, StringComparison.Ordinal)) throw new BadInputException($"The statement \"{Statement}\" does not name the rows; write {This} where they are read from.");
        if (dataset is not SparkDataset rows)
            throw new BadInputException($"A {nameof(SqlTransformer)} works on rows on Spark, not on {dataset.GetType().Name}; read them with Spark, or prepare the files before.");
        return rows with { Frame = await TransformAsync(rows.Frame, cancellationToken) };
    }

    /// <summary>The same for a DataFrame.</summary>
    /// <exception cref="AnalysisException">Spark can't plan the query.</exception>
    public async Task<DataFrame> TransformAsync(DataFrame frame, CancellationToken cancellationToken = default)
    {
        // A view keeps the plan that it was made of: its name can't be taken by another before the query is read.
        string view = $"metaspore_{Guid.NewGuid():N}";
        await frame.CreateOrReplaceTempViewAsync(view, cancellationToken);
        return await frame.Session.SqlAsync(Statement.Replace(This, view, StringComparison.Ordinal), cancellationToken: cancellationToken);
    }
}
