namespace MetaSpore.Spark.Model.Layers;

/// <summary>The shape of a <see cref="Mlp"/>. Immutable.</summary>
public sealed record MlpOptions
{
    /// <summary>Columns of the input, at least 1.</summary>
    public required long InputSize { get; init; }

    /// <summary>Widths of the hidden layers, each at least 1; may be empty.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [];

    /// <summary>Columns of the output, at least 1; 0 ends with the last hidden layer.</summary>
    public long OutputSize { get; init; } = 1;

    /// <summary>Whether the output layer has a bias.</summary>
    public bool OutputBias { get; init; } = true;

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; init; }

    /// <summary>Probability of dropout after each hidden layer's activation, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Whether each hidden layer is batch-normalised before its activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Whether the input goes through <see cref="Normalization"/>, as in the original's networks.</summary>
    public bool InputNormalization { get; init; }
}
