using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>data</c> section: which rows, and what they look like.</summary>
sealed record DataConfig
{
    /// <summary>By split: its rows; none where the job has no such rows.</summary>
    public required IReadOnlyDictionary<DataSplit, IReadOnlyList<DataInput>> Inputs { get; init; }

    /// <summary>Files to learn from.</summary>
    public IReadOnlyList<InputFile> Train => Files(DataSplit.Train);

    /// <summary>Files with rows that decide early stopping and the kept epoch; empty: none.</summary>
    public IReadOnlyList<InputFile> Validation => Files(DataSplit.Validation);

    /// <summary>Files with rows that the finished model is measured on; empty: none.</summary>
    public IReadOnlyList<InputFile> Test => Files(DataSplit.Test);

    /// <summary>Everything else about the rows; its inputs are <see cref="Train"/>.</summary>
    public required DatasetSpec Dataset { get; init; }

    /// <summary>The rows of one split, in the format of all.</summary>
    /// <param name="split">Which rows.</param>
    public DatasetSpec For(DataSplit split) => Dataset with { Inputs = Files(split) };

    IReadOnlyList<InputFile> Files(DataSplit split) => [.. Inputs[split].Select(input => input.File).OfType<InputFile>()];
}
