using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>One embedding operator of a recorded case.</summary>
public sealed record OriginalOperator
{
    /// <summary>Its path in the network, which names its table.</summary>
    public required string Name { get; init; }

    /// <summary>The operator's class.</summary>
    public required string Type { get; init; }

    /// <summary>How bags are pooled; null where they are not.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>Elements of a vector (E).</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>Its features.</summary>
    public required CombineSchema Schema { get; init; }

    /// <summary>Its updater.</summary>
    public required TensorUpdater Updater { get; init; }

    /// <summary>Its initialiser.</summary>
    public required TensorInitializer Initializer { get; init; }

    /// <summary>Whether its table is saved as text.</summary>
    public bool SaveAsText { get; init; }

    /// <summary>The operator.</summary>
    public EmbeddingOperator Create()
    {
        var options = new EmbeddingOptions
        {
            Updater = Updater,
            Initializer = Initializer,
            Pooling = Pooling ?? default,
            SaveAsText = SaveAsText,
        };
        return Type switch
        {
            nameof(EmbeddingSumConcat) => new EmbeddingSumConcat(EmbeddingSize, Schema, options),
            nameof(EmbeddingRangeSum) => new EmbeddingRangeSum(EmbeddingSize, Schema, options),
            nameof(EmbeddingLookup) => new EmbeddingLookup(EmbeddingSize, Schema, options),
            _ => throw new ArgumentException($"the case names the operator '{Type}', which these tests don't know"),
        };
    }
}
