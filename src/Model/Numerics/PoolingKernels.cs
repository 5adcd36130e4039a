using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// Bags of embedding rows, forward and backward. Bag i holds the indices
/// <c>indices[offsets[i·stride] .. offsets[(i+1)·stride])</c>: stride 1 makes a bag of every slot, stride F of every row.
/// Plain loops in slot order: the same input always gives the same bits.
/// </summary>
static class PoolingKernels
{
    /// <summary>Copies row <c>indices[i]</c> to place i.</summary>
    /// <param name="rows">Shape (U, D).</param>
    /// <param name="indices">Shape (N).</param>
    /// <param name="dimension">D.</param>
    /// <param name="output">Shape (N, D).</param>
    public static void Gather<T>(ReadOnlySpan<T> rows, ReadOnlySpan<int> indices, int dimension, Span<T> output)
        where T : unmanaged
    {
        for (int i = 0; i < indices.Length; i++)
            rows.Slice(indices[i] * dimension, dimension).CopyTo(output.Slice(i * dimension, dimension));
    }

    /// <summary>Sum of each bag, or its mean; an empty bag is zeros.</summary>
    /// <param name="rows">Shape (U, D).</param>
    /// <param name="bags">Indices and offsets.</param>
    /// <param name="dimension">D.</param>
    /// <param name="isMean">Whether the sum is divided by the number of values.</param>
    /// <param name="output">Shape (bags, D), overwritten.</param>
    public static void Sum<T>(ReadOnlySpan<T> rows, in BagSpan bags, int dimension, bool isMean, Span<T> output)
        where T : unmanaged, INumber<T>
    {
        if (dimension == 1)
        {
            SumScalars(rows, bags, isMean, output);
            return;
        }

        ReadOnlySpan<int> indices = bags.Indices;
        int start = bags.Offsets[0];
        for (int bag = 0; bag < bags.Count; bag++)
        {
            int end = bags.Offsets[(bag + 1) * bags.Stride];
            Span<T> target = output.Slice(bag * dimension, dimension);
            if (start == end)
            {
                target.Clear();
                continue;
            }

            rows.Slice(indices[start] * dimension, dimension).CopyTo(target);
            for (int i = start + 1; i < end; i++) Add(rows.Slice(indices[i] * dimension, dimension), target);
            if (isMean && end - start > 1) Divide(target, T.CreateChecked(end - start));
            start = end;
        }
    }

    /// <summary>Largest element of each bag; an empty bag is zeros. NaN is never larger.</summary>
    /// <param name="rows">Shape (U, D).</param>
    /// <param name="bags">Indices and offsets.</param>
    /// <param name="dimension">D.</param>
    /// <param name="output">Shape (bags, D), overwritten.</param>
    /// <param name="winners">Shape (bags, D), overwritten: the row that each element came from, −1 in an empty bag.</param>
    public static void Max<T>(ReadOnlySpan<T> rows, in BagSpan bags, int dimension, Span<T> output, Span<int> winners)
        where T : unmanaged, INumber<T>
    {
        int start = bags.Offsets[0];
        for (int bag = 0; bag < bags.Count; bag++)
        {
            int end = bags.Offsets[(bag + 1) * bags.Stride];
            Span<T> target = output.Slice(bag * dimension, dimension);
            Span<int> winner = winners.Slice(bag * dimension, dimension);
            winner.Fill(start == end ? -1 : bags.Indices[start]);
            if (start == end) target.Clear();
            else rows.Slice(bags.Indices[start] * dimension, dimension).CopyTo(target);
            for (int i = start + 1; i < end; i++)
            {
                int index = bags.Indices[i];
                ReadOnlySpan<T> row = rows.Slice(index * dimension, dimension);
                for (int d = 0; d < dimension; d++)
                {
                    if (!(row[d] > target[d])) continue;
                    target[d] = row[d];
                    winner[d] = index;
                }
            }

            start = end;
        }
    }

    /// <summary>Gradient of <see cref="Gather"/>: the sum over the places where a row was copied.</summary>
    /// <param name="outputGradient">Shape (N, D).</param>
    /// <param name="indices">Shape (N), numbered in order of first occurrence.</param>
    /// <param name="dimension">D.</param>
    /// <param name="gradients">Shape (U, D), overwritten.</param>
    public static void ScatterAdd<T>(ReadOnlySpan<T> outputGradient, ReadOnlySpan<int> indices, int dimension, Span<T> gradients)
        where T : unmanaged, INumber<T>
    {
        int seen = 0;
        for (int i = 0; i < indices.Length; i++)
            seen = AddOrSet(outputGradient.Slice(i * dimension, dimension), indices[i], seen, gradients);
    }

    /// <summary>Gradient of <see cref="Sum"/>.</summary>
    /// <param name="outputGradient">Shape (bags, D); scaled in place when <paramref name="isMean"/>.</param>
    /// <param name="bags">Indices, numbered in order of first occurrence, and offsets.</param>
    /// <param name="dimension">D.</param>
    /// <param name="isMean">Whether the forward divided by the number of values.</param>
    /// <param name="gradients">Shape (U, D), overwritten.</param>
    public static void SumBackward<T>(Span<T> outputGradient, in BagSpan bags, int dimension, bool isMean, Span<T> gradients)
        where T : unmanaged, INumber<T>
    {
        if (dimension == 1)
        {
            SumScalarsBackward(outputGradient, bags, isMean, gradients);
            return;
        }

        int seen = 0;
        int start = bags.Offsets[0];
        for (int bag = 0; bag < bags.Count; bag++)
        {
            int end = bags.Offsets[(bag + 1) * bags.Stride];
            Span<T> source = outputGradient.Slice(bag * dimension, dimension);
            if (isMean && end - start > 1) Divide(source, T.CreateChecked(end - start));
            for (int i = start; i < end; i++) seen = AddOrSet(source, bags.Indices[i], seen, gradients);
            start = end;
        }
    }

    /// <summary>Gradient of <see cref="Max"/>: each element goes to the row that it came from.</summary>
    /// <param name="outputGradient">Shape (bags, D).</param>
    /// <param name="winners">Shape (bags, D), as <see cref="Max"/> wrote them.</param>
    /// <param name="dimension">D.</param>
    /// <param name="gradients">Shape (U, D), overwritten.</param>
    public static void MaxBackward<T>(ReadOnlySpan<T> outputGradient, ReadOnlySpan<int> winners, int dimension, Span<T> gradients)
        where T : unmanaged, INumber<T>
    {
        gradients.Clear();
        for (int i = 0; i < winners.Length; i++)
            if (winners[i] >= 0) gradients[(winners[i] * dimension) + (i % dimension)] += outputGradient[i];
    }

    /// <summary>target += scale · source.</summary>
    public static void AddScaled<T>(ReadOnlySpan<T> source, T scale, Span<T> target) where T : unmanaged, INumber<T>
    {
        Debug(source.Length == target.Length);
        ref T from = ref MemoryMarshal.GetReference(source);
        ref T to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= target.Length - Vector<T>.Count; i += Vector<T>.Count)
            (Vector.LoadUnsafe(ref to, (nuint)i) + (Vector.LoadUnsafe(ref from, (nuint)i) * scale)).StoreUnsafe(ref to, (nuint)i);
        for (; i < target.Length; i++) target[i] += source[i] * scale;
    }

    // Sum and its gradient for D = 1, in the same order.
    static void SumScalars<T>(ReadOnlySpan<T> rows, in BagSpan bags, bool isMean, Span<T> output) where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<int> indices = bags.Indices;
        int start = bags.Offsets[0];
        for (int bag = 0; bag < bags.Count; bag++)
        {
            int end = bags.Offsets[(bag + 1) * bags.Stride];
            T sum = start == end ? T.Zero : rows[indices[start]];
            for (int i = start + 1; i < end; i++) sum += rows[indices[i]];
            output[bag] = isMean && end - start > 1 ? sum / T.CreateChecked(end - start) : sum;
            start = end;
        }
    }

    static void SumScalarsBackward<T>(ReadOnlySpan<T> outputGradient, in BagSpan bags, bool isMean, Span<T> gradients)
        where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<int> indices = bags.Indices;
        int seen = 0;
        int start = bags.Offsets[0];
        for (int bag = 0; bag < bags.Count; bag++)
        {
            int end = bags.Offsets[(bag + 1) * bags.Stride];
            T gradient = isMean && end - start > 1 ? outputGradient[bag] / T.CreateChecked(end - start) : outputGradient[bag];
            for (int i = start; i < end; i++)
            {
                int index = indices[i];
                if (index == seen) gradients[seen++] = gradient;
                else gradients[index] += gradient;
            }

            start = end;
        }
    }

    // Rows are numbered in order of first occurrence: row number `seen` is new and is set, lower ones are added to.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int AddOrSet<T>(ReadOnlySpan<T> source, int index, int seen, Span<T> gradients) where T : unmanaged, INumber<T>
    {
        Debug(index <= seen);
        Span<T> target = gradients.Slice(index * source.Length, source.Length);
        if (index < seen)
        {
            Add(source, target);
            return seen;
        }

        source.CopyTo(target);
        return seen + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add<T>(ReadOnlySpan<T> source, Span<T> target) where T : unmanaged, INumber<T>
    {
        Debug(source.Length == target.Length);
        ref T from = ref MemoryMarshal.GetReference(source);
        ref T to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= target.Length - Vector<T>.Count; i += Vector<T>.Count)
            (Vector.LoadUnsafe(ref to, (nuint)i) + Vector.LoadUnsafe(ref from, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        for (; i < target.Length; i++) target[i] += source[i];
    }

    static void Divide<T>(Span<T> values, T divisor) where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < values.Length; i++) values[i] /= divisor;
    }

    static void Debug(bool holds) => System.Diagnostics.Debug.Assert(holds, "lengths or row numbers do not fit");
}
