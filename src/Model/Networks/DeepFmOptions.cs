namespace MetaSpore.Spark.Model.Networks;

/// <summary>Options of <see cref="DeepFm"/>. Immutable, JSON-serialisable.</summary>
public sealed record DeepFmOptions : DeepNetworkOptions;
