using MetaSpore.Spark.Model.Updaters;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Modules;

/// <summary>
/// A network with embedding operators: register operators and ordinary TorchSharp layers as sub-modules and compute the
/// predictions in <see cref="nn.Module{T, TResult}.forward"/>. Derive from it to write a model of your own; its only
/// constructor takes one JSON-serialisable options object (or nothing), so that every worker can build its own copy.
/// </summary>
/// <param name="name">Name of the module, as TorchSharp wants it.</param>
public abstract class SparseModule(string name) : nn.Module<Minibatch, Tensor>(name)
{
    /// <summary>The updater of one dense tensor; null takes the trainer's default (for running statistics, their layer's average).</summary>
    /// <param name="tensorName">Its path, such as <c>mlp.linear0.weight</c>.</param>
    public virtual TensorUpdater? UpdaterOf(string tensorName) => null;
}
