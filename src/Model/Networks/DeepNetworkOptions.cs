using MetaSpore.Spark.Model.Layers;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>Options of a network with an MLP over the embeddings. Immutable, JSON-serialisable.</summary>
public abstract record DeepNetworkOptions : EmbeddingNetworkOptions
{
    /// <summary>Widths of the hidden layers, each at least 1; at least one layer.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [256, 128, 64];

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; init; }

    /// <summary>Probability of dropout after each hidden layer, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Whether each hidden layer is batch-normalised before its activation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Whether the MLP's input goes through <see cref="Normalization"/>, as in MetaSpore's networks.</summary>
    public bool InputNormalization { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate()) yield return problem;
        if (HiddenUnits.Count == 0 || HiddenUnits.Any(width => width < 1))
            yield return $"hiddenUnits is [{string.Join(", ", HiddenUnits)}]; expected one or more widths, each at least 1";
        if (!(Dropout is >= 0 and < 1)) yield return $"dropout is {Dropout}; expected a number in [0, 1)";
    }
}
