using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Fully connected layers:
/// <code>[normalization] → (linear_i → [batch_norm_i] → activation → [dropout_i]) for each hidden width → [output]</code>
/// Weights begin Xavier-uniform (Glorot and Bengio, 2010), biases at 0. Input (B, n), output (B, m).
/// </summary>
public sealed class Mlp : nn.Module<Tensor, Minibatch, Tensor>
{
    readonly Normalization? _normalization;
    readonly List<(Linear Linear, BatchNormalization? BatchNorm, Layers.Dropout? Dropout)> _hidden = [];
    readonly Linear? _output;
    readonly Activation _activation;

    /// <summary>Creates the layers.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public Mlp(MlpOptions options) : base(nameof(Mlp))
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.InputSize < 1) throw new ArgumentException($"the input has {options.InputSize} columns; expected at least 1", nameof(options));
        if (options.HiddenUnits.Any(width => width < 1))
            throw new ArgumentException($"the hidden widths are [{string.Join(", ", options.HiddenUnits)}]; expected each at least 1", nameof(options));
        if (options.OutputSize < 0) throw new ArgumentException($"the output has {options.OutputSize} columns; expected at least 1, or 0 for none", nameof(options));
        _activation = options.Activation;
        if (options.InputNormalization) register_module("normalization", _normalization = new Normalization(options.InputSize));
        long width = options.InputSize;
        for (int i = 0; i < options.HiddenUnits.Count; i++)
        {
            AddHidden(i, width, options);
            width = options.HiddenUnits[i];
        }

        if (options.OutputSize > 0) register_module("output", _output = NewLinear(width, options.OutputSize, options.OutputBias));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = _normalization is null ? input : _normalization.call(input);
        foreach ((Linear linear, BatchNormalization? batchNorm, Dropout? dropout) in _hidden)
        {
            x = linear.call(x);
            if (batchNorm is not null) x = batchNorm.call(x);
            x = _activation.Apply(x);
            if (dropout is not null) x = dropout.call(x, batch);
        }

        if (_output is not null) x = _output.call(x);
        return ReferenceEquals(x, input) ? x.alias().MoveToOuterDisposeScope() : x.MoveToOuterDisposeScope();
    }

    void AddHidden(int index, long width, MlpOptions options)
    {
        Linear linear = NewLinear(width, options.HiddenUnits[index], hasBias: true);
        BatchNormalization? batchNorm = options.BatchNorm ? new BatchNormalization(options.HiddenUnits[index]) : null;
        Dropout? dropout = options.Dropout == 0 ? null : new Dropout(options.Dropout) { Stream = (ulong)index };
        register_module($"linear_{index}", linear);
        if (batchNorm is not null) register_module($"batch_norm_{index}", batchNorm);
        if (dropout is not null) register_module($"dropout_{index}", dropout);
        _hidden.Add((linear, batchNorm, dropout));
    }

    static Linear NewLinear(long inputs, long outputs, bool hasBias)
    {
        Linear linear = nn.Linear(inputs, outputs, hasBias);
        using DisposeScope scope = NewDisposeScope();
        nn.init.xavier_uniform_(linear.weight!);
        if (linear.bias is not null) nn.init.zeros_(linear.bias);
        return linear;
    }
}
