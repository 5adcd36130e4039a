using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>Options of <see cref="DivergingNetwork"/>.</summary>
public sealed record DivergingNetworkOptions
{
    /// <summary>The features.</summary>
    public required CombineSchema Columns { get; init; }

    /// <summary>The training step, from 1, whose predictions are no numbers; 0: none.</summary>
    public int NanAtStep { get; init; }
}

/// <summary>A user's network that breaks at a step of its own choice.</summary>
public sealed class DivergingNetwork : SparseModule
{
    readonly EmbeddingSumConcat _embedding;
    readonly TorchSharp.Modules.Linear _output;
    readonly int _nanAtStep;
    int _step;

    public DivergingNetwork(DivergingNetworkOptions options) : base(nameof(DivergingNetwork))
    {
        _nanAtStep = options.NanAtStep;
        _embedding = new EmbeddingSumConcat(4, options.Columns);
        _output = nn.Linear(4 * options.Columns.Features.Count, 1);
        RegisterComponents();
    }

    public override Tensor forward(Minibatch batch)
    {
        Tensor predictions = _output.call(_embedding.call(batch)).sigmoid();
        return batch.Training && ++_step == _nanAtStep ? predictions * float.NaN : predictions;
    }
}
