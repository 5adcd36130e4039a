using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>data</c> section: which rows, and what they look like.</summary>
sealed record DataConfig
{
    /// <summary>Rows to learn from; at least one input.</summary>
    public required IReadOnlyList<InputFile> Train { get; init; }

    /// <summary>Rows that decide early stopping and the kept epoch; empty: none.</summary>
    public required IReadOnlyList<InputFile> Validation { get; init; }

    /// <summary>Rows that the finished model is measured on; empty: none.</summary>
    public required IReadOnlyList<InputFile> Test { get; init; }

    /// <summary>Everything else about the rows; its inputs are <see cref="Train"/>.</summary>
    public required DatasetSpec Dataset { get; init; }

    /// <summary>The rows of one split, in the format of all.</summary>
    /// <param name="split">Which rows.</param>
    public DatasetSpec For(DataSplit split) => Dataset with
    {
        Inputs = split switch
        {
            DataSplit.Train => Train,
            DataSplit.Validation => Validation,
            _ => Test,
        },
    };
}
