namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>How a column becomes the label.</summary>
/// <param name="Column">The label's column.</param>
/// <param name="Positive">Cells that mean 1; everything else is 0. Not together with <paramref name="Negative"/>.</param>
/// <param name="Negative">Cells that mean 0; everything else is 1.</param>
/// <param name="AnyNumber">Without lists: accept any finite number instead of 0 and 1 (losses other than log-loss).</param>
public sealed record LabelRule(
    string Column,
    IReadOnlyList<string>? Positive = null,
    IReadOnlyList<string>? Negative = null,
    bool AnyNumber = false);
