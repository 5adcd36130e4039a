using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Modules;

/// <summary>
/// The gradients (and pushed statistics) of the dense tensors of one step, taken away from the network: it can run the
/// next step while they travel. Keeps the memory alive until disposed.
/// </summary>
public sealed class DenseGradients : IDisposable
{
    readonly Tensor?[] _tensors;
    readonly NativeBlock[] _blocks;

    internal DenseGradients(Tensor?[] tensors)
    {
        _tensors = tensors;
        _blocks = [.. tensors.Select(tensor => tensor is null ? default : NativeBlock.Of(tensor.bytes))];
    }

    /// <summary>By index in <see cref="SparseModel.DenseTensors"/>: the elements, row-major; empty where nothing arrived.</summary>
    public IReadOnlyList<NativeBlock> Blocks => _blocks;

    /// <summary>Adds a push for every tensor that has something; the exchange borrows the memory.</summary>
    public void AddPushes(StepExchange exchange)
    {
        for (int i = 0; i < _blocks.Length; i++)
            if (!_blocks[i].IsEmpty) exchange.DensePushes.Add(new DensePush(i, _blocks[i]));
    }

    /// <summary>Frees the memory; blocks become invalid.</summary>
    public void Dispose()
    {
        foreach (Tensor? tensor in _tensors) tensor?.Dispose();
    }
}
