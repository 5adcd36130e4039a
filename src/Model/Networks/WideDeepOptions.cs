namespace MetaSpore.Spark.Model.Networks;

/// <summary>Options of <see cref="WideDeep"/>. Immutable, JSON-serialisable.</summary>
public sealed record WideDeepOptions : DeepNetworkOptions;
