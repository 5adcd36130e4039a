namespace MetaSpore.Spark.Model.Networks;

/// <summary>Options of <see cref="FactorizationMachine"/>. Immutable, JSON-serialisable.</summary>
public sealed record FactorizationMachineOptions : EmbeddingNetworkOptions;
