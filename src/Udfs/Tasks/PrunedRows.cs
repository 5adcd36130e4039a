namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Number of rows that a <see cref="PruneCall"/> dropped.</summary>
/// <param name="Count">The number.</param>
public sealed record PrunedRows(long Count);
