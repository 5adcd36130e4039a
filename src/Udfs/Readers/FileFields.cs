using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Finds the columns of a file from its beginning or its footer.</summary>
static class FileFields
{
    /// <summary>The columns with the file's own types; utf8 for text. Empty when an empty text file has no names.</summary>
    public static IReadOnlyList<Field> Of(DatasetSpec spec, DataFile file)
    {
        if (file.Format == DataFormat.Parquet) return ParquetSource.Fields(file.Path);
        if (file.Format == DataFormat.Arrow) return ArrowSource.Fields(file.Path);
        using var text = new TextFile(spec, file);
        if (file.Format == DataFormat.LibSvm)
            return [new("label", StringType.Default, true), new("features", new ListType(StringType.Default), true)];
        return [.. text.Names.Select(name => new Field(name, StringType.Default, true))];
    }
}
