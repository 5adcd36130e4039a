using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>
/// Values of a column for its quantiles: all of them up to <see cref="MaxValues"/>, then a sample. A value's place in the
/// sample is a hash of its number in the pass; whenever the sample is full, the half with the higher hashes goes. So
/// between a half and the whole of <see cref="MaxValues"/> remain, every value with the same chance, and equal rows give
/// an equal sample.
/// </summary>
sealed class QuantileFit(int maxValues = QuantileFit.MaxValues)
{
    public const int MaxValues = 1 << 20;

    readonly List<(ulong Place, double Value)> _sample = [];
    ulong _limit = ulong.MaxValue;
    ulong _count;

    /// <summary>Takes values; NaN and infinities are skipped.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) continue;
            ulong place = CounterRandom.Draw(0, _count++);
            if (place > _limit) continue;
            _sample.Add((place, value));
            while (_sample.Count > maxValues)
            {
                _limit >>= 1;
                _sample.RemoveAll(item => item.Place > _limit);
            }
        }
    }

    /// <summary>The different values at positions k·n/<paramref name="buckets"/>, k from 0, of the n sorted values.</summary>
    public double[] Cuts(int buckets)
    {
        double[] sorted = [.. _sample.Select(item => item.Value == 0 ? 0.0 : item.Value)];
        if (sorted.Length == 0) return [];
        Array.Sort(sorted);
        return [.. Enumerable.Range(0, buckets).Select(k => sorted[(int)((long)k * sorted.Length / buckets)]).Distinct()];
    }
}
