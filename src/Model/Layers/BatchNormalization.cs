using MetaSpore.Spark.Model.Updaters;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Batch normalisation (Ioffe and Szegedy, 2015) of (B, n): training divides by the batch's own statistics, evaluation by
/// running ones, which the parameter store averages from each batch's mean and unbiased variance. A batch of one row has no
/// variance and is normalised by the running statistics.
/// </summary>
public sealed class BatchNormalization : nn.Module<Tensor, Tensor>, IValueLayer
{
    readonly Tensor _runningMean;
    readonly Tensor _runningVariance;
    readonly Parameter? _weight;
    readonly Parameter? _bias;

    /// <summary>Creates the layer with mean 0, variance 1, weight 1 and bias 0.</summary>
    /// <param name="numFeatures">Columns of the input (n), at least 1.</param>
    /// <param name="eps">ε, above 0.</param>
    /// <param name="momentum">Weight of a batch in the store's averages, in (0, 1).</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    public BatchNormalization(long numFeatures, double eps = 1e-5, double momentum = 0.1, bool affine = true)
        : base(nameof(BatchNormalization))
    {
        NormalizationArguments.Check(numFeatures, eps, momentum);
        Eps = eps;
        _runningMean = zeros(numFeatures).DetachFromDisposeScope();
        _runningVariance = ones(numFeatures).DetachFromDisposeScope();
        register_buffer("running_mean", _runningMean);
        register_buffer("running_var", _runningVariance);
        if (affine)
        {
            register_parameter("weight", _weight = new Parameter(ones(numFeatures)));
            register_parameter("bias", _bias = new Parameter(zeros(numFeatures)));
        }

        var updater = new EmaTensorUpdater((float)momentum);
        Values = [new ValueTensor("running_mean", _runningMean, updater), new ValueTensor("running_var", _runningVariance, updater)];
    }

    /// <summary>ε.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ValueTensor> Values { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!training || input.shape[0] < 2)
            return nn.functional.batch_norm(input, _runningMean, _runningVariance, _weight, _bias, training: false, eps: Eps);
        // Momentum 1 leaves the batch's own statistics in the buffers.
        Tensor mean = zeros_like(_runningMean);
        Tensor variance = ones_like(_runningVariance);
        Tensor output = nn.functional.batch_norm(input, mean, variance, _weight, _bias, training: true, momentum: 1, eps: Eps);
        Values[0].Push(mean);
        Values[1].Push(variance);
        return output;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) foreach (ValueTensor value in Values) value.Dispose();
        base.Dispose(disposing);
    }
}
