namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Columns of numbers that are treated alike.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Form">What becomes of a number.</param>
/// <param name="MinCount">For <see cref="NumericForm.Value"/>: rows that an exact value needs to be a category of its own.</param>
/// <param name="Buckets">For <see cref="NumericForm.Quantile"/>: number of buckets at most.</param>
sealed record NumericConfig(IReadOnlyList<string> Columns, NumericForm Form, int MinCount, int Buckets);
