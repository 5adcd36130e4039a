using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>
/// The dense part of DeepFM in stock TorchSharp, trained by its Adam: the embeddings (B, F·E) and the sum of the linear
/// weights (B, 1) come in as leaves whose gradients are computed, as a store would need them.
/// </summary>
sealed class DenseNetwork : IDisposable
{
    readonly int _fields;
    readonly Linear[] _hidden;
    readonly Linear _output;
    readonly Parameter _bias = new(zeros(1));
    readonly optim.Optimizer _optimizer;
    readonly Tensor _embeddings;
    readonly Tensor _linear;
    readonly Tensor _labels;

    public DenseNetwork(int batchSize, int fields, int embeddingSize, int[] hiddenUnits)
    {
        _fields = fields;
        int width = fields * embeddingSize;
        _embeddings = (randn(batchSize, width) * 0.01).requires_grad_();
        _linear = zeros(batchSize, 1).requires_grad_();
        _labels = rand(batchSize, 1).lt(0.25).to(ScalarType.Float32);
        _hidden = new Linear[hiddenUnits.Length];
        for (int i = 0; i < hiddenUnits.Length; i++)
        {
            _hidden[i] = nn.Linear(width, hiddenUnits[i]);
            width = hiddenUnits[i];
        }

        _output = nn.Linear(width, 1, hasBias: false);
        _optimizer = optim.Adam([.. _hidden.SelectMany(layer => layer.parameters()), .. _output.parameters(), _bias]);
    }

    /// <summary>Forward, backward with the gradients of the input, and the update of the weights.</summary>
    public void Step()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = _embeddings;
        foreach (Linear layer in _hidden) x = nn.functional.relu(layer.call(x));
        Tensor sum = _embeddings.view(-1, _fields, _embeddings.shape[1] / _fields).sum(1);
        Tensor interactions = (sum.square().sum(1, keepdim: true) - _embeddings.square().sum(1, keepdim: true)) * 0.5;
        Tensor loss = nn.functional.binary_cross_entropy_with_logits(_linear + _bias + interactions + _output.call(x), _labels);
        _optimizer.zero_grad();
        loss.backward();
        _optimizer.step();
        _ = loss.item<float>();
        _embeddings.grad = null;
        _linear.grad = null;
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (Linear layer in _hidden) layer.Dispose();
        _output.Dispose();
        _bias.Dispose();
        _embeddings.Dispose();
        _linear.Dispose();
        _labels.Dispose();
    }
}
