using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>The features of both tables.</summary>
public sealed record TwoTableNetworkOptions
{
    /// <summary>Features of the table with one weight a value.</summary>
    public required CombineSchema Wide { get; init; }

    /// <summary>Features of the table of vectors.</summary>
    public required CombineSchema Deep { get; init; }
}
