using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Losses;

/// <summary>
/// Binary cross-entropy of probabilities as MetaSpore computes it: the mean of −(y·ln(p + ε) + (1 − y)·ln(1 − p + ε)) with
/// ε = 1e-12.
/// </summary>
/// <remarks>
/// As in MetaSpore a term without a value (p outside [0, 1]) counts 0, and its gradient is 0. A prediction that is NaN itself
/// makes the loss NaN, where MetaSpore goes on with NaN gradients. Value and gradient come from one pass over the batch;
/// there is no gradient of the gradient.
/// </remarks>
public sealed class LogLoss : LossFunction
{
    const double Epsilon = 1e-12;

    /// <inheritdoc/>
    public override Tensor Compute(Tensor predictions, Tensor labels)
    {
        if (!predictions.shape.AsSpan().SequenceEqual(labels.shape) || predictions.dtype != labels.dtype)
        {
            throw new ArgumentException(
                $"predictions of shape ({string.Join(", ", predictions.shape)}) and type {predictions.dtype} meet labels of shape " +
                $"({string.Join(", ", labels.shape)}) and type {labels.dtype}; expected the same", nameof(labels));
        }

        using var scope = NewDisposeScope();
        Tensor p = predictions.detach().contiguous(), y = labels.detach().contiguous();
        Tensor slopes = empty_like(p);
        bool isDouble = p.dtype == ScalarType.Float64;
        double value = isDouble
            ? Evaluate(Elements<double>(p), Elements<double>(y), Elements<double>(slopes))
            : Evaluate(Elements<float>(p), Elements<float>(y), Elements<float>(slopes));

        // Σ p·slope has the loss's gradient; its value gives way to the loss.
        Tensor loss = (predictions * slopes).sum();
        if (isDouble) Elements<double>(loss)[0] = value;
        else Elements<float>(loss)[0] = (float)value;
        return loss.MoveToOuterDisposeScope();
    }

    static Span<T> Elements<T>(Tensor tensor) where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    // The loss; its derivatives go to slopes.
    static double Evaluate<T>(ReadOnlySpan<T> predictions, ReadOnlySpan<T> labels, Span<T> slopes)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T epsilon = T.CreateTruncating(Epsilon), count = T.CreateChecked(predictions.Length);
        double sum = 0;
        for (int i = 0; i < predictions.Length; i++)
        {
            T p = predictions[i], y = labels[i];
            T one = p + epsilon, zero = T.One - p + epsilon;
            T term = Term(y, one) + Term(T.One - y, zero);
            bool hasValue = !T.IsNaN(term);
            slopes[i] = hasValue ? (((T.One - y) / zero) - (y / one)) / count : T.Zero;
            if (hasValue || T.IsNaN(p)) sum -= double.CreateChecked(term);
        }

        return sum / predictions.Length;
    }

    // 0·ln x without the logarithm where x has one.
    static T Term<T>(T weight, T x) where T : IBinaryFloatingPointIeee754<T> =>
        weight == T.Zero && x > T.Zero ? T.Zero : weight * T.Log(x);
}
