using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CustomModule;

/// <summary>What a job file may say under model.options.</summary>
public sealed record ProductNetworkOptions
{
    /// <summary>The features, one a line.</summary>
    public required CombineSchema Columns { get; init; }

    /// <summary>Elements of an embedding.</summary>
    public int EmbeddingSize { get; init; } = 8;
}

/// <summary>All features multiplied element by element, then two ordinary TorchSharp layers.</summary>
public sealed class ProductNetwork : SparseModule
{
    readonly EmbeddingSumConcat _embedding;
    readonly Linear _hidden;
    readonly Linear _output;
    readonly long _features;
    readonly long _size;

    public ProductNetwork(ProductNetworkOptions options) : base(nameof(ProductNetwork))
    {
        _features = options.Columns.Features.Count;
        _size = options.EmbeddingSize;
        _embedding = new EmbeddingSumConcat(
            options.EmbeddingSize, options.Columns, new EmbeddingOptions { Initializer = new NormalTensorInitializer(1, 0.1f) });
        _hidden = nn.Linear(_size * (_features + 1), 32);
        _output = nn.Linear(32, 1);
        RegisterComponents();
    }

    public override Tensor forward(Minibatch batch)
    {
        Tensor flat = _embedding.call(batch); // (B, F·E)
        Tensor product = flat.view(-1, _features, _size).prod(1, false); // (B, E)
        return _output.call(_hidden.call(cat([flat, product], 1)).relu()).sigmoid(); // (B, 1)
    }
}
