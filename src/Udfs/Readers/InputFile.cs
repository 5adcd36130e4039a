namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>One entry of a list of inputs: a file, a folder or a glob, with an optional range of its rows.</summary>
/// <param name="Path">File, folder (all data files below it, in ordinal order of their paths) or glob.</param>
/// <param name="FirstRow">First row, 0-based; only for a single file.</param>
/// <param name="LastRow">Last row, inclusive; null: to the end. Rows outside the file are an error.</param>
public sealed record InputFile(string Path, long FirstRow = 0, long? LastRow = null);
