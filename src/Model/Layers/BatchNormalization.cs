using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015) of (B, n): training divides by the batch's own statistics, evaluation by
/// running ones, which the parameter store averages from each batch's mean and unbiased variance. A batch of one row has no
/// variance and is normalised by the running statistics.
/// </summary>
public sealed class BatchNormalization : RunningStatistics
{
    /// <summary>Creates the layer with mean 0, variance 1, weight 1 and bias 0.</summary>
    /// <param name="numFeatures">Columns of the input (n), at least 1.</param>
    /// <param name="eps">ε, above 0.</param>
    /// <param name="momentum">Weight of a batch in the store's averages, in (0, 1).</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    public BatchNormalization(long numFeatures, double eps = 1e-5, double momentum = 0.1, bool affine = true)
        : base(nameof(BatchNormalization), numFeatures, eps, momentum, affine)
    {
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!training || input.shape[0] < 2)
            return nn.functional.batch_norm(input, Mean, Variance, Weight, Bias, training: false, eps: Eps);
        // Momentum 1 leaves the batch's own statistics in the buffers.
        Tensor mean = zeros_like(Mean);
        Tensor variance = ones_like(Variance);
        Tensor output = nn.functional.batch_norm(input, mean, variance, Weight, Bias, training: true, momentum: 1, eps: Eps);
        Push(mean, variance);
        return output;
    }
}
