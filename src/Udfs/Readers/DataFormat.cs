namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>How rows are stored in files.</summary>
public enum DataFormat
{
    /// <summary>By file name: .csv, .tsv, .txt, .libsvm, .libfm, .parquet, .arrow, .arrows, each also with .gz or .zst.</summary>
    Auto,

    /// <summary>Text with a delimiter, quotes as in RFC 4180.</summary>
    Csv,

    /// <summary>Text with tabs, no quotes.</summary>
    Tsv,

    /// <summary>Text lines <c>label index:value …</c>.</summary>
    LibSvm,

    /// <summary>Text lines <c>label token …</c>, one token a field, by position.</summary>
    LibFm,

    /// <summary>Apache Parquet.</summary>
    Parquet,

    /// <summary>Arrow IPC, file or stream (told apart by content).</summary>
    Arrow,
}
