using System.Numerics;
using System.Runtime.CompilerServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>Stochastic gradient descent: p ← p − lr·g.</summary>
/// <param name="LearningRate">Step size (lr), above 0.</param>
public sealed record SgdTensorUpdater(double LearningRate = 0.01) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 0;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step) => new RuleUpdate<T, SgdRule<T>>(
        new(T.CreateTruncating(LearningRate)));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => OptionRange.Positive("sgd", nameof(LearningRate), LearningRate);

    readonly struct SgdRule<T>(T rate) : IUpdateRule<T> where T : unmanaged, INumber<T>
    {
        readonly Vector<T> _rate = new(rate);

        public static int StateCount => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third) =>
            parameter - (_rate * gradient);
    }
}
