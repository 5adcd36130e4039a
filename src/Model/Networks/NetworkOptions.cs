using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>What every ready network is told. Immutable, JSON-serialisable.</summary>
public abstract record NetworkOptions
{
    /// <summary>The sparse features, at least one.</summary>
    public required CombineSchema Columns { get; init; }

    /// <summary>Dense columns: batch-normalised (without scale and shift), a linear term, and input of the MLP where there is one.</summary>
    public IReadOnlyList<string> DenseColumns { get; init; } = [];

    /// <summary>Weight of the squared L2 norm of the embedding and linear rows of each batch (λ ≥ 0).</summary>
    public double L2 { get; init; }

    /// <summary>Every violated range, one sentence each; empty when the options are usable.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (Columns is null || Columns.Features.Count == 0) yield return "columns is empty; name at least one sparse feature";
        if (!(L2 >= 0 && double.IsFinite(L2))) yield return $"l2 is {L2}; expected a finite number, at least 0";
        foreach (IGrouping<string, string> twice in DenseColumns.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return $"denseColumns names '{twice.Key}' {twice.Count()} times; expected once";
    }
}
