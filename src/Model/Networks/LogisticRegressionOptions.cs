namespace MetaSpore.Spark.Model.Networks;

/// <summary>Options of <see cref="LogisticRegression"/>. Immutable, JSON-serialisable.</summary>
public sealed record LogisticRegressionOptions : NetworkOptions;
