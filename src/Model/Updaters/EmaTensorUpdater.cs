namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// Exponential moving average of pushed values: p ← (1 − m)·p + m·g, where g is a value and not a gradient. Keeps the
/// running statistics of normalisation layers on the shards.
/// </summary>
/// <param name="Momentum">Weight of the new value (m), in (0, 1).</param>
public sealed record EmaTensorUpdater(float Momentum = 0.1f) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 0;

    /// <inheritdoc/>
    public override void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, in UpdateStep step)
    {
        for (int i = 0; i < parameter.Length; i++) parameter[i] = ((1 - Momentum) * parameter[i]) + (Momentum * gradient[i]);
    }

    /// <inheritdoc/>
    public override void Update(Span<double> parameter, ReadOnlySpan<double> gradient, Span<double> state, in UpdateStep step)
    {
        for (int i = 0; i < parameter.Length; i++) parameter[i] = ((1 - Momentum) * parameter[i]) + (Momentum * gradient[i]);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(Momentum > 0 && Momentum < 1)) yield return $"ema momentum is {Momentum}; expected a number in (0, 1)";
    }
}
