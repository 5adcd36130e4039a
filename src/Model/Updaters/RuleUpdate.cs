using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>Runs a rule over rows: whole vectors first, then the rest one element at a time in lane 0.</summary>
/// <param name="rule">The formula.</param>
sealed class RuleUpdate<T, TRule>(TRule rule) : StepUpdate<T> where T : unmanaged where TRule : struct, IUpdateRule<T>
{
    /// <inheritdoc/>
    public override void Apply(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state)
    {
        if (gradient.Length != parameter.Length || state.Length != (long)TRule.StateCount * parameter.Length)
            ThrowLengths(parameter.Length, gradient.Length, state.Length);
        TRule local = rule;
        Row(
            local, ref MemoryMarshal.GetReference(parameter), ref MemoryMarshal.GetReference(gradient),
            ref MemoryMarshal.GetReference(state), parameter.Length);
    }

    /// <inheritdoc/>
    public override void Apply(in RowBatch<T> rows)
    {
        int dimension = rows.Dimension;
        if (rows.StatesPerParameter != TRule.StateCount)
            ThrowLengths(dimension, dimension, (long)rows.StatesPerParameter * dimension);
        TRule local = rule;
        for (int i = 0; i < rows.Count; i++)
        {
            ref T parameter = ref MemoryMarshal.GetReference(rows.Parameter(i));
            Row(
                local, ref parameter, ref MemoryMarshal.GetReference(rows.Gradient(i)),
                ref Unsafe.Add(ref parameter, dimension), dimension);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Row(in TRule rule, ref T parameter, ref T gradient, ref T state, int length)
    {
        nuint n = (nuint)length, width = (nuint)Vector<T>.Count, i = 0;
        ref T second = ref Unsafe.Add(ref state, TRule.StateCount > 1 ? n : 0);
        ref T third = ref Unsafe.Add(ref state, TRule.StateCount > 2 ? 2 * n : 0);
        Vector<T> s1 = default, s2 = default, s3 = default;
        for (; i + width <= n; i += width)
        {
            if (TRule.StateCount > 0) s1 = Vector.LoadUnsafe(ref state, i);
            if (TRule.StateCount > 1) s2 = Vector.LoadUnsafe(ref second, i);
            if (TRule.StateCount > 2) s3 = Vector.LoadUnsafe(ref third, i);
            rule.Apply(Vector.LoadUnsafe(ref parameter, i), Vector.LoadUnsafe(ref gradient, i), ref s1, ref s2, ref s3)
                .StoreUnsafe(ref parameter, i);
            if (TRule.StateCount > 0) s1.StoreUnsafe(ref state, i);
            if (TRule.StateCount > 1) s2.StoreUnsafe(ref second, i);
            if (TRule.StateCount > 2) s3.StoreUnsafe(ref third, i);
        }

        for (; i < n; i++)
        {
            if (TRule.StateCount > 0) s1 = Vector.CreateScalar(Unsafe.Add(ref state, i));
            if (TRule.StateCount > 1) s2 = Vector.CreateScalar(Unsafe.Add(ref second, i));
            if (TRule.StateCount > 2) s3 = Vector.CreateScalar(Unsafe.Add(ref third, i));
            Unsafe.Add(ref parameter, i) = rule.Apply(
                Vector.CreateScalar(Unsafe.Add(ref parameter, i)), Vector.CreateScalar(Unsafe.Add(ref gradient, i)),
                ref s1, ref s2, ref s3).ToScalar();
            if (TRule.StateCount > 0) Unsafe.Add(ref state, i) = s1.ToScalar();
            if (TRule.StateCount > 1) Unsafe.Add(ref second, i) = s2.ToScalar();
            if (TRule.StateCount > 2) Unsafe.Add(ref third, i) = s3.ToScalar();
        }
    }

    static void ThrowLengths(int parameter, int gradient, long state) => throw new ArgumentException(
        $"an update of {parameter} parameters needs {parameter} gradients and {(long)TRule.StateCount * parameter} states; found {gradient} and {state}");
}
