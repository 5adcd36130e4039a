namespace MetaSpore.Spark.Model.Initializers;

/// <summary>
/// Glorot and Bengio (AISTATS 2010): standard deviation gain·√(2/(fanIn + fanOut)), or uniform with the same variance. A
/// row of D weights counts as a (1, D) matrix, so fanIn + fanOut = D + 1; in MetaSpore the fan depends on how many keys
/// were new in the same pull.
/// </summary>
/// <param name="Activation">The activation that follows; decides the gain.</param>
/// <param name="Distribution">Uniform or normal.</param>
public sealed record XavierTensorInitializer(
    XavierActivation Activation = XavierActivation.Relu, XavierDistribution Distribution = XavierDistribution.Uniform) : TensorInitializer
{
    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<float> row)
    {
        double deviation = StandardDeviation(row.Length);
        if (Distribution == XavierDistribution.Normal) Draws.Normal(seed, row, 0, deviation);
        else Draws.Uniform(seed, row, Math.Sqrt(3) * deviation);
    }

    /// <inheritdoc/>
    public override void Fill(string name, ulong seed, Span<double> row)
    {
        double deviation = StandardDeviation(row.Length);
        if (Distribution == XavierDistribution.Normal) Draws.Normal(seed, row, 0, deviation);
        else Draws.Uniform(seed, row, Math.Sqrt(3) * deviation);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!Enum.IsDefined(Activation)) yield return $"xavier: unknown activation {(int)Activation}";
        if (!Enum.IsDefined(Distribution)) yield return $"xavier: unknown distribution {(int)Distribution}";
    }

    double StandardDeviation(int dimension) => Gain * Math.Sqrt(2.0 / (dimension + 1));

    double Gain => Activation switch
    {
        XavierActivation.Tanh => 5.0 / 3,
        XavierActivation.Relu => Math.Sqrt(2),
        XavierActivation.LeakyRelu => Math.Sqrt(2 / (1 + (0.01 * 0.01))),
        XavierActivation.Selu => 0.75,
        _ => 1,
    };
}
