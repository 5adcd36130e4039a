using MetaSpore.Spark.Model.Updaters;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// What the normalisation layers share: a running mean and variance that the parameter store averages from what training
/// leaves, and a weight and a bias of each column. Not thread-safe.
/// </summary>
public abstract class RunningStatistics : nn.Module<Tensor, Tensor>, IValueLayer
{
    /// <summary>Creates the layer with mean 0, variance 1, weight 1 and bias 0.</summary>
    private protected RunningStatistics(string name, long numFeatures, double eps, double momentum, bool affine) : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numFeatures, 1);
        if (!(eps > 0 && double.IsFinite(eps))) throw new ArgumentOutOfRangeException(nameof(eps), eps, "ε is a finite number above 0");
        if (!(momentum is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(momentum), momentum, "the momentum is in (0, 1)");
        Eps = eps;
        Mean = zeros(numFeatures).DetachFromDisposeScope();
        Variance = ones(numFeatures).DetachFromDisposeScope();
        register_buffer("running_mean", Mean);
        register_buffer("running_var", Variance);
        if (affine)
        {
            register_parameter("weight", Weight = new Parameter(ones(numFeatures)));
            register_parameter("bias", Bias = new Parameter(zeros(numFeatures)));
        }

        var updater = new EmaTensorUpdater((float)momentum);
        Values = [new ValueTensor("running_mean", Mean, updater), new ValueTensor("running_var", Variance, updater)];
    }

    /// <summary>ε.</summary>
    public double Eps { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ValueTensor> Values { get; }

    private protected Tensor Mean { get; }

    private protected Tensor Variance { get; }

    private protected Parameter? Weight { get; }

    private protected Parameter? Bias { get; }

    /// <summary>Leaves the statistics of a training batch to be pushed; ownership passes.</summary>
    private protected void Push(Tensor mean, Tensor variance)
    {
        Values[0].Push(mean);
        Values[1].Push(variance);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) foreach (ValueTensor value in Values) value.Dispose();
        base.Dispose(disposing);
    }
}
