namespace MetaSpore.Spark.Model.Networks;

/// <summary>Options of a network with an embedding of each feature. Immutable, JSON-serialisable.</summary>
public abstract record EmbeddingNetworkOptions : NetworkOptions
{
    /// <summary>Elements of each feature's embedding (E), at least 1.</summary>
    public int EmbeddingSize { get; init; } = 16;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => EmbeddingSize >= 1
        ? base.Validate()
        : base.Validate().Append($"embeddingSize is {EmbeddingSize}; expected at least 1");
}
