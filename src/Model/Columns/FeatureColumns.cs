namespace MetaSpore.Spark.Model.Columns;

/// <summary>
/// Builds a <see cref="FeatureSpec"/> step by step:
/// <code>
/// FeatureSpec features = FeatureColumns.Categorical("user", "item").Cross("user", "item")
///     .Numeric(NumericEncoding.Log2, "price").Numeric(NumericEncoding.Dense, "age");
/// </code>
/// Immutable: each call returns a new one. Nothing is checked before <see cref="FeatureSpec.Validate"/>.
/// </summary>
public sealed record FeatureColumns
{
    FeatureColumns(FeatureSpec spec) => Spec = spec;

    /// <summary>What was built so far.</summary>
    public FeatureSpec Spec { get; }

    /// <summary>Begins with hashed columns, each a feature of its own.</summary>
    public static FeatureColumns Categorical(params IReadOnlyList<string> columns) => new(new FeatureSpec { Categorical = columns });

    /// <summary>Begins with a schema.</summary>
    public static FeatureColumns Schema(CombineSchema schema) => new(new FeatureSpec { CombineSchema = schema });

    /// <summary>Adds hashed columns whose cells are lists (bags).</summary>
    public FeatureColumns Bag(params IReadOnlyList<string> columns) =>
        new(Spec with { Categorical = [.. Spec.Categorical, .. columns], Lists = [.. Spec.Lists, .. columns] });

    /// <summary>Adds a cross of at least two columns; the order matters for the keys.</summary>
    public FeatureColumns Cross(params IReadOnlyList<string> columns) =>
        new(Spec with { Crosses = [.. Spec.Crosses, new CombineFeature(columns)] });

    /// <summary>Adds columns of numbers.</summary>
    public FeatureColumns Numeric(NumericEncoding encoding, params IReadOnlyList<string> columns) =>
        Numeric(new NumericColumns(columns, encoding));

    /// <summary>Adds columns of numbers with all settings.</summary>
    public FeatureColumns Numeric(NumericColumns group) => new(Spec with { Numeric = [.. Spec.Numeric, group] });

    /// <summary>Chooses how values become keys.</summary>
    public FeatureColumns HashedBy(HashMode mode) => new(Spec with { Hash = mode });

    /// <summary>The spec.</summary>
    public FeatureSpec ToFeatureSpec() => Spec;

    /// <summary>The spec.</summary>
    public static implicit operator FeatureSpec(FeatureColumns columns) => columns.Spec;
}
