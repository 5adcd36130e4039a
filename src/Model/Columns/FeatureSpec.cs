using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Columns;

/// <summary>
/// Which columns become features, and how. Either <see cref="Categorical"/> and <see cref="Crosses"/>, or
/// <see cref="CombineSchema"/>; numbers besides. Immutable, JSON-serialisable; equal when everything in it is. Built by
/// hand, by <see cref="FeatureColumns"/> or from a job file; call <see cref="Validate"/> before use.
/// </summary>
public sealed record FeatureSpec
{
    /// <summary>Columns that are hashed, each a feature of its own; a list column is a bag.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>
    /// Columns whose cells are lists. Only text files need it (a cell is split there); in Parquet and Arrow the type says it.
    /// </summary>
    public IReadOnlyList<string> Lists { get; init; } = [];

    /// <summary>Columns of numbers.</summary>
    public IReadOnlyList<NumericColumns> Numeric { get; init; } = [];

    /// <summary>Crosses of at least two columns: hashed ones, also such that are in no other feature, or numbers that are categories.</summary>
    public IReadOnlyList<CombineFeature> Crosses { get; init; } = [];

    /// <summary>The features as a schema instead of <see cref="Categorical"/> and <see cref="Crosses"/>; null otherwise.</summary>
    public CombineSchema? CombineSchema { get; init; }

    /// <summary>How values become keys.</summary>
    public HashMode Hash { get; init; }

    /// <summary>
    /// The features of an operator over all categories (F of them, possibly none): categorical columns as listed, then columns
    /// of numbers that are categories, then crosses; or <see cref="CombineSchema"/>, then the columns of numbers it lacks.
    /// </summary>
    [JsonIgnore]
    public CombineSchema Schema
    {
        get
        {
            IEnumerable<CombineFeature> numbers = EncodedColumns.Keys.Select(name => new CombineFeature([name]));
            return CombineSchema is { } schema
                ? new([.. schema.Features, .. numbers.Except(schema.Features)])
                : new([.. Categorical.Select(name => new CombineFeature([name])), .. numbers, .. Crosses]);
        }
    }

    /// <summary>The columns that are inputs of the network as numbers, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> DenseColumns =>
        [.. Numeric.Where(group => group.As == NumericEncoding.Dense).SelectMany(group => group.Columns)];

    /// <summary>The columns of numbers that become categories, in order, each with its group.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, NumericColumns> EncodedColumns
    {
        get
        {
            var columns = new OrderedDictionary<string, NumericColumns>(StringComparer.Ordinal);
            foreach (NumericColumns group in Numeric.Where(group => group.As != NumericEncoding.Dense))
            {
                foreach (string name in group.Columns) columns.TryAdd(name, group);
            }

            return columns;
        }
    }

    /// <summary>Whether the training rows must be read once to learn quantiles or frequent values.</summary>
    [JsonIgnore]
    public bool NeedsFitting => Numeric.Any(group => group.As is NumericEncoding.Quantile or NumericEncoding.Value);

    /// <summary>Every column to read, in order, and as what.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, ColumnKind> Columns
    {
        get
        {
            var columns = new OrderedDictionary<string, ColumnKind>(StringComparer.Ordinal);
            foreach (string name in Numeric.SelectMany(group => group.Columns)) columns.TryAdd(name, ColumnKind.Number);
            foreach (string name in Schema.Columns)
                columns.TryAdd(name, Lists.Contains(name, StringComparer.Ordinal) ? ColumnKind.TextList : ColumnKind.Text);
            return columns;
        }
    }

    /// <summary>Checks everything at once.</summary>
    /// <param name="available">The columns of the data, when they are known.</param>
    /// <param name="label">The label's column, which must be no feature; null when there is none.</param>
    /// <exception cref="BadInputException">Something is wrong; the message names every problem.</exception>
    public void Validate(IReadOnlyCollection<string>? available = null, string? label = null)
    {
        IReadOnlyList<string> problems = Problems(available, label);
        if (problems.Count > 0) throw new BadInputException(problems);
    }

    /// <summary>Every problem, one complete sentence each; empty when all is well.</summary>
    /// <param name="available">The columns of the data, when they are known.</param>
    /// <param name="label">The label's column, which must be no feature; null when there is none.</param>
    public IReadOnlyList<string> Problems(IReadOnlyCollection<string>? available = null, string? label = null) =>
        FeatureSpecValidator.Problems(this, available, label);

    /// <inheritdoc/>
    public bool Equals(FeatureSpec? other) =>
        other is not null && Hash == other.Hash && Equals(CombineSchema, other.CombineSchema)
        && Categorical.SequenceEqual(other.Categorical, StringComparer.Ordinal) && Lists.SequenceEqual(other.Lists, StringComparer.Ordinal)
        && Numeric.SequenceEqual(other.Numeric) && Crosses.SequenceEqual(other.Crosses);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Hash, CombineSchema, Categorical.Count, Numeric.Count, Crosses.Count);
}
