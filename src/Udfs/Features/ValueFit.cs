using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Counts the exact values of a column. Zero has no sign; NaN and infinities are skipped.</summary>
sealed class ValueFit(string column, int maxValues = ValueFit.MaxValues)
{
    public const int MaxValues = 1 << 22;

    readonly Dictionary<double, long> _counts = [];

    public void Add(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) continue;
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_counts, value == 0 ? 0.0 : value, out _)++;
        }

        if (_counts.Count > maxValues)
        {
            throw new BadInputException(
                $"column '{column}' has more than {maxValues} different values; exact values are no good categories for it: "
                + "list it under numeric as log2 or quantile");
        }
    }

    /// <summary>The values that occur at least <paramref name="minCount"/> times, ascending.</summary>
    public double[] Frequent(int minCount) => [.. _counts.Where(pair => pair.Value >= minCount).Select(pair => pair.Key).Order()];
}
