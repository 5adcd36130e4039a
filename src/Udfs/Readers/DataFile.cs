namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>One file of a dataset.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Format">Its format, never <see cref="DataFormat.Auto"/>.</param>
/// <param name="FirstRow">First row, 0-based.</param>
/// <param name="LastRow">Last row, inclusive; null: to the end.</param>
sealed record DataFile(string Path, DataFormat Format, long FirstRow, long? LastRow);
