using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>features</c> section: which columns become features, and how.</summary>
sealed record FeatureConfig
{
    /// <summary>Columns whose values are hashed; a list column is a bag.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>Columns whose cells hold several values in text formats, separated by <c>data.listDelimiter</c>.</summary>
    public IReadOnlyList<string> Lists { get; init; } = [];

    /// <summary>Columns of numbers, in groups that are treated alike.</summary>
    public IReadOnlyList<NumericConfig> Numeric { get; init; } = [];

    /// <summary>Combinations of at least two columns, each hashed as one value.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Crosses { get; init; } = [];

    /// <summary>Full path of a column-name file; null: none. Together with <see cref="CombineSchema"/>, instead of the lists.</summary>
    public string? ColumnNames { get; init; }

    /// <summary>Full path of a combine-schema file; null: none.</summary>
    public string? CombineSchema { get; init; }

    /// <summary>How values become keys.</summary>
    public HashMode Hash { get; init; }
}
