using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Second-order interactions of a factorisation machine (Rendle, 2010, equation 5): ½·Σₑ((Σ_f v_fe)² − Σ_f v_fe²).
/// Input (B, F·E), features side by side; output (B, 1).
/// </summary>
public sealed class FMLayer : nn.Module<Tensor, Tensor>
{
    readonly long _featureCount;
    readonly long _embeddingSize;

    /// <summary>Creates the layer.</summary>
    /// <param name="featureCount">F, at least 1.</param>
    /// <param name="embeddingSize">E, at least 1.</param>
    public FMLayer(int featureCount, int embeddingSize) : base(nameof(FMLayer))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(featureCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(embeddingSize, 1);
        _featureCount = featureCount;
        _embeddingSize = embeddingSize;
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor sum = input.view(-1, _featureCount, _embeddingSize).sum(1); // (B, E)
        Tensor squareOfSum = sum.Squared().sum(1, keepdim: true); // (B, 1)
        Tensor sumOfSquares = input.Squared().sum(1, keepdim: true); // (B, 1)
        return (squareOfSum - sumOfSquares).mul(Scalars.Half).MoveToOuterDisposeScope();
    }
}
