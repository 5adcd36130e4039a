using MetaSpore.Spark.Model.Updaters;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// A running statistic of a layer that lives in the parameter store: pulled like a parameter, but what is pushed is the
/// statistic of the batch and not a gradient. Not thread-safe.
/// </summary>
/// <param name="name">The buffer's name within its layer.</param>
/// <param name="value">The buffer that pulled values are written into, float32 or float64, contiguous, on the CPU. Belongs to the layer.</param>
/// <param name="updater">How the store folds pushed values in.</param>
public sealed class ValueTensor(string name, Tensor value, TensorUpdater updater) : IDisposable
{
    readonly bool _pushesValue;
    Tensor? _pushed;

    // Of a stock layer, whose forward overwrites the buffer itself.
    internal ValueTensor(string name, Tensor value, TensorUpdater updater, bool pushesValue)
        : this(name, value, updater) => _pushesValue = pushesValue;

    /// <summary>The buffer's name within its layer.</summary>
    public string Name { get; } = name;

    /// <summary>The buffer that pulled values are written into.</summary>
    public Tensor Value { get; } = value;

    /// <summary>How the store folds pushed values in.</summary>
    public TensorUpdater Updater { get; } = updater;

    /// <summary>Leaves the batch's statistic to be pushed; the last one of a step counts.</summary>
    /// <param name="statistic">Of the shape and type of <see cref="Value"/>, without a graph. Ownership passes.</param>
    public void Push(Tensor statistic)
    {
        _pushed?.Dispose();
        _pushed = statistic.DetachFromDisposeScope();
    }

    /// <summary>The statistic of the step, which the caller then owns; null when the layer did not run.</summary>
    public Tensor? Take()
    {
        if (_pushesValue) return Value.clone().DetachFromDisposeScope();
        Tensor? taken = _pushed;
        _pushed = null;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pushed?.Dispose();
        _pushed = null;
    }
}
