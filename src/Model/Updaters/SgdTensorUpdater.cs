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
    public override void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, in UpdateStep step) =>
        UpdateKernel.Run(Rule<float>(), parameter, gradient, state);

    /// <inheritdoc/>
    public override void Update(Span<double> parameter, ReadOnlySpan<double> gradient, Span<double> state, in UpdateStep step) =>
        UpdateKernel.Run(Rule<double>(), parameter, gradient, state);

    /// <inheritdoc/>
    public override void Update(in RowBatch<float> rows, in UpdateStep step) => UpdateKernel.Run(Rule<float>(), rows);

    /// <inheritdoc/>
    public override void Update(in RowBatch<double> rows, in UpdateStep step) => UpdateKernel.Run(Rule<double>(), rows);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => OptionRange.Positive("sgd", nameof(LearningRate), LearningRate);

    SgdRule<T> Rule<T>() where T : unmanaged, INumber<T> => new(T.CreateTruncating(LearningRate));

    readonly struct SgdRule<T>(T rate) : IUpdateRule<T> where T : unmanaged, INumber<T>
    {
        readonly Vector<T> _rate = new(rate);

        public static int StateCount => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third) =>
            parameter - (_rate * gradient);
    }
}
