using System.Numerics;
using System.Runtime.CompilerServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// Exponential moving average of pushed values: p ← (1 − m)·p + m·g, where g is a value and not a gradient. Keeps the
/// running statistics of normalisation layers on the shards.
/// </summary>
/// <param name="Momentum">Weight of the new value (m), in (0, 1).</param>
public sealed record EmaTensorUpdater(double Momentum = 0.1) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 0;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step) => new RuleUpdate<T, EmaRule<T>>(
        new(T.CreateTruncating(1 - Momentum), T.CreateTruncating(Momentum)));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
        Momentum is > 0 and < 1 ? [] : [OptionRange.Problem("ema", nameof(Momentum), Momentum, "above 0 and below 1")];

    readonly struct EmaRule<T>(T keep, T momentum) : IUpdateRule<T> where T : unmanaged, INumber<T>
    {
        readonly Vector<T> _keep = new(keep);
        readonly Vector<T> _momentum = new(momentum);

        public static int StateCount => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third) =>
            (_keep * parameter) + (_momentum * gradient);
    }
}
