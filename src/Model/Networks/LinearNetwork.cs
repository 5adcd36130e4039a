using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>
/// What all ready networks share, the linear part: a weight for each sparse value (table <c>linear</c>, from 0), one for
/// each dense column (from 0), and a bias.
/// </summary>
public abstract class LinearNetwork : SparseModule
{
    readonly EmbeddingRangeSum _linear;
    readonly Parameter _bias;
    readonly Cast? _dense;
    readonly BatchNormalization? _denseNormalization;
    readonly Parameter? _denseWeight;

    private protected LinearNetwork(string name, NetworkOptions options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(options);
        string[] problems = [.. options.Validate().Select(problem => $"{name}: {problem}.")];
        if (problems.Length > 0) throw new BadInputException(problems);
        register_module("linear", _linear = new EmbeddingRangeSum(
            1, options.Columns, new EmbeddingOptions { Initializer = new ZeroTensorInitializer(), L2 = options.L2 }));
        register_parameter("bias", _bias = new Parameter(zeros(1).DetachFromDisposeScope()));
        if (options.DenseColumns.Count == 0) return;
        register_module("dense", _dense = new Cast(options.DenseColumns));
        register_module("dense_normalization", _denseNormalization = new BatchNormalization(options.DenseColumns.Count, affine: false));
        register_parameter("dense_weight", _denseWeight = new Parameter(zeros(options.DenseColumns.Count, 1).DetachFromDisposeScope()));
    }

    /// <summary>The linear part, shape (B, 1), and the normalised dense columns, shape (B, n), if there are any.</summary>
    private protected (Tensor Logit, Tensor? Dense) Linear(Minibatch batch)
    {
        Tensor logit = _linear.call(batch).Plus(_bias);
        if (_dense is null) return (logit, null);
        Tensor dense = _denseNormalization!.call(_dense.call(batch));
        return (logit.Plus(dense.mm(_denseWeight!)), dense);
    }

    /// <summary>A fresh embedding of the network's features; its rows begin as the trainer says.</summary>
    private protected EmbeddingSumConcat AddEmbedding(EmbeddingNetworkOptions options)
    {
        var embedding = new EmbeddingSumConcat(options.EmbeddingSize, options.Columns, new EmbeddingOptions { L2 = options.L2 });
        register_module("embedding", embedding);
        return embedding;
    }

    /// <summary>The MLP over the embeddings and the dense columns; its output has no bias beside the network's own.</summary>
    private protected Mlp AddMlp(DeepNetworkOptions options)
    {
        var mlp = new Mlp(new MlpOptions
        {
            InputSize = ((long)options.Columns.Features.Count * options.EmbeddingSize) + options.DenseColumns.Count,
            HiddenUnits = options.HiddenUnits,
            OutputBias = false,
            Activation = options.Activation,
            Dropout = options.Dropout,
            BatchNorm = options.BatchNorm,
            InputNormalization = options.InputNormalization,
        });
        register_module("mlp", mlp);
        return mlp;
    }

    private protected static Tensor Join(Tensor embeddings, Tensor? dense) => dense is null ? embeddings : cat([embeddings, dense], 1);
}
