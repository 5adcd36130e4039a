using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>One entry of <c>data.train</c>, <c>data.validation</c> or <c>data.test</c>: exactly one of its members is there.</summary>
/// <param name="File">Rows of files; on Spark its path may be anything that Spark reads, such as <c>s3a://logs/day=1</c>.</param>
/// <param name="Table">A table of Spark's catalog.</param>
/// <param name="Sql">A query in Spark's SQL.</param>
sealed record DataInput(InputFile? File, string? Table = null, string? Sql = null);
