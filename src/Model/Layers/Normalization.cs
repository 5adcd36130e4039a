using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// MetaSpore's normalisation, y = (x − mean)/√(variance + ε)·w + b over the columns of (B, n) or the first axis of a 3-D
/// input. In training and evaluation alike it divides by the running statistics, which the parameter store averages from
/// what each training batch leaves: the batch's mean, and its mean squared distance from the running mean that was in use.
/// No gradient flows through the statistics. Small running variances enlarge gradients; that is the original's behaviour,
/// and <see cref="BatchNormalization"/> is the standard layer.
/// </summary>
public sealed class Normalization : RunningStatistics
{
    readonly Scalar _eps;

    /// <summary>Creates the layer with mean 0, variance 1, weight 1 and bias 0.</summary>
    /// <param name="numFeatures">Columns of the input (n), at least 1.</param>
    /// <param name="eps">ε, above 0; used in evaluation too.</param>
    /// <param name="momentum">Weight of a batch in the store's averages, in (0, 1).</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    public Normalization(long numFeatures, double eps = 1e-5, double momentum = 0.1, bool affine = true)
        : base(nameof(Normalization), numFeatures, eps, momentum, affine) => _eps = eps;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        if (training) PushStatistics(input);
        Tensor deviation;
        using (no_grad()) deviation = Variance.Plus(_eps).sqrt_();
        Tensor output = (input - Mean) / deviation;
        if (Weight is not null) output = addcmul(Bias!, output, Weight, Scalars.One);
        return output.MoveToOuterDisposeScope();
    }

    void PushStatistics(Tensor input)
    {
        using (no_grad())
        {
            Tensor values = input.detach();
            Push(values.mean([0L]), (values - Mean).Squared().mean([0L]));
        }
    }
}
