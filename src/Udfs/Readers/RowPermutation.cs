using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// The order of the rows of a window, by Fisher and Yates from the last row to the first; row i changes places with row
/// ⌊r·(i+1) / 2⁶⁴⌋, r = draw i of the stream (seed, epoch, window). A pure function of these and the number of rows.
/// </summary>
static class RowPermutation
{
    /// <summary>Fills <paramref name="order"/> with a permutation of 0 … length−1.</summary>
    public static void Fill(Span<int> order, ulong seed, int epoch, long window)
    {
        ulong stream = CounterRandom.Combine(CounterRandom.Combine(seed, (ulong)epoch), (ulong)window);
        for (int i = 0; i < order.Length; i++) order[i] = i;
        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = (int)Math.BigMul(CounterRandom.Draw(stream, (ulong)i), (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
