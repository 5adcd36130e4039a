using System.Numerics;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>Pools bags of one operator and leads gradients back; remembers between the two what a maximum was taken from.</summary>
sealed class BagPooling
{
    int[] _winners = [];

    /// <summary>Pools every bag.</summary>
    /// <param name="pooling">How.</param>
    /// <param name="rows">Shape (U, D).</param>
    /// <param name="bags">The bags.</param>
    /// <param name="dimension">D.</param>
    /// <param name="output">Shape (bags, D), overwritten.</param>
    public void Forward<T>(Pooling pooling, ReadOnlySpan<T> rows, in BagSpan bags, int dimension, Span<T> output)
        where T : unmanaged, INumber<T>
    {
        if (pooling != Pooling.Max)
        {
            PoolingKernels.Sum(rows, bags, dimension, pooling == Pooling.Mean, output);
            return;
        }

        if (_winners.Length < output.Length) _winners = GC.AllocateUninitializedArray<int>(output.Length + (output.Length >> 1));
        PoolingKernels.Max(rows, bags, dimension, output, _winners.AsSpan(0, output.Length));
    }

    /// <summary>Sums the gradients of the rows after <see cref="Forward"/> of the same bags.</summary>
    /// <param name="pooling">How.</param>
    /// <param name="outputGradient">Shape (bags, D); may be scaled in place.</param>
    /// <param name="bags">The bags.</param>
    /// <param name="dimension">D.</param>
    /// <param name="gradients">Shape (U, D), overwritten.</param>
    public void Backward<T>(Pooling pooling, Span<T> outputGradient, in BagSpan bags, int dimension, Span<T> gradients)
        where T : unmanaged, INumber<T>
    {
        if (pooling == Pooling.Max)
            PoolingKernels.MaxBackward(outputGradient, _winners.AsSpan(0, outputGradient.Length), dimension, gradients);
        else PoolingKernels.SumBackward(outputGradient, bags, dimension, pooling == Pooling.Mean, gradients);
    }
}
