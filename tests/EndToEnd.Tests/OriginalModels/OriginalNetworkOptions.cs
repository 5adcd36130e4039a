namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>What a recorded case says of its network.</summary>
public sealed record OriginalNetworkOptions
{
    /// <summary>The formula in words, such as <c>sigmoid(Linear(concat(s, m, x)))</c>.</summary>
    public required string Network { get; init; }

    /// <summary>Widths of the hidden layers.</summary>
    public IReadOnlyList<int> HiddenUnits { get; init; } = [];

    /// <summary>Whether the MLP begins with the original's normalisation.</summary>
    public bool Normalization { get; init; }

    /// <summary>The embedding operators.</summary>
    public required IReadOnlyList<OriginalOperator> Operators { get; init; }
}
