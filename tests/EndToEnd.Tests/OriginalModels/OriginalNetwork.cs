using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>
/// The networks of the recorded cases, chosen by the formula in words, with the names that the original's tensors have:
/// <c>dnn.0</c>, <c>dnn.1</c>, … for the MLP, <c>lin</c> for a single layer. Output (B, 1).
/// </summary>
public sealed class OriginalNetwork : SparseModule
{
    readonly Func<Minibatch, Tensor> _logit;

    /// <summary>Builds the network that the options name.</summary>
    public OriginalNetwork(OriginalNetworkOptions options) : base(nameof(OriginalNetwork))
    {
        Dictionary<string, EmbeddingOperator> operators = options.Operators.ToDictionary(op => op.Name, op => op.Create(), StringComparer.Ordinal);
        foreach ((string name, EmbeddingOperator op) in operators) register_module(name, op);
        _logit = options.Network switch
        {
            "sigmoid(sum of all outputs of wide + MLP(deep))" => WideAndDeep(operators["wide"], operators["deep"], options),
            "sigmoid(Linear(concat(s, m, x)))" => LinearOfConcat([operators["s"], operators["m"], operators["x"]]),
            "sigmoid(Linear(sum of all vectors of a row))" => LinearOfRowSum(operators.Values.Cast<EmbeddingLookup>().Single()),
            "sigmoid(sum of all outputs)" => batch => cat([.. operators.Values.Select(op => op.call(batch))], 1).sum(1, keepdim: true),
            _ => throw new ArgumentException($"the case names the network '{options.Network}', which these tests don't know"),
        };
    }

    /// <inheritdoc/>
    public override Tensor forward(Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        return _logit(batch).sigmoid().MoveToOuterDisposeScope();
    }

    Func<Minibatch, Tensor> WideAndDeep(EmbeddingOperator wide, EmbeddingOperator deep, OriginalNetworkOptions options)
    {
        long width = deep.FeatureCount * deep.EmbeddingSize;
        var layers = new List<nn.Module<Tensor, Tensor>>();
        if (options.Normalization) layers.Add(new Normalization(width));
        foreach (int units in options.HiddenUnits)
        {
            layers.Add(nn.Linear(width, units));
            layers.Add(nn.ReLU());
            width = units;
        }

        layers.Add(nn.Linear(width, 1));
        var mlp = nn.Sequential(layers);
        register_module("dnn", mlp);
        return batch => wide.call(batch).sum(1, keepdim: true) + mlp.call(deep.call(batch));
    }

    Func<Minibatch, Tensor> LinearOfConcat(EmbeddingOperator[] operators)
    {
        TorchSharp.Modules.Linear linear = AddLinear(operators.Sum(op => op.FeatureCount * op.EmbeddingSize));
        return batch => linear.call(cat([.. operators.Select(op => op.call(batch))], 1));
    }

    Func<Minibatch, Tensor> LinearOfRowSum(EmbeddingLookup lookup)
    {
        TorchSharp.Modules.Linear linear = AddLinear(lookup.EmbeddingSize);
        return batch =>
        {
            Tensor vectors = lookup.call(batch); // (N, E)
            Tensor counts = diff(lookup.Offsets, append: tensor(new[] { vectors.shape[0] }));
            Tensor rows = arange(batch.BatchSize).repeat_interleave(lookup.FeatureCount).repeat_interleave(counts);
            return linear.call(zeros(batch.BatchSize, lookup.EmbeddingSize).index_add(0, rows, vectors, 1));
        };
    }

    TorchSharp.Modules.Linear AddLinear(long inputs)
    {
        TorchSharp.Modules.Linear linear = nn.Linear(inputs, 1);
        register_module("lin", linear);
        return linear;
    }
}
