using System.Numerics;
using System.Runtime.CompilerServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// Follow the regularised leader, per coordinate (McMahan et al., "Ad click prediction", KDD 2013, algorithm 1):
/// σ = (√(n + g²) − √n)/α, z ← z + g − σ·p, n ← n + g², p = 0 if |z| ≤ l1, else −(z − sign(z)·l1)/((β + √n)/α + l2). The
/// states are n and z.
/// </summary>
/// <param name="L1">Threshold below which a weight is exactly 0 (l1), at least 0.</param>
/// <param name="L2">Weight of the squared norm (l2), at least 0.</param>
/// <param name="Alpha">Learning rate (α), above 0.</param>
/// <param name="Beta">Smoothing of the learning rate (β), at least 0.</param>
/// <remarks>
/// The defaults are MetaSpore's. They suit gradients summed over large batches: with a mean loss on small data every
/// weight stays 0 until |z| has passed 1.
/// </remarks>
public sealed record FtrlTensorUpdater(double L1 = 1, double L2 = 120, double Alpha = 0.5, double Beta = 1) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 2;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step) => new RuleUpdate<T, FtrlRule<T>>(
        new(T.CreateTruncating(L1), T.CreateTruncating(L2), T.CreateTruncating(1 / Alpha), T.CreateTruncating(Beta)));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
    [
        .. OptionRange.NotNegative("ftrl", nameof(L1), L1),
        .. OptionRange.NotNegative("ftrl", nameof(L2), L2),
        .. OptionRange.Positive("ftrl", nameof(Alpha), Alpha),
        .. OptionRange.NotNegative("ftrl", nameof(Beta), Beta),
    ];

    readonly struct FtrlRule<T>(T l1, T l2, T inverseAlpha, T beta) : IUpdateRule<T> where T : unmanaged, INumber<T>
    {
        readonly Vector<T> _l1 = new(l1);
        readonly Vector<T> _l2 = new(l2);
        readonly Vector<T> _inverseAlpha = new(inverseAlpha);
        readonly Vector<T> _beta = new(beta);

        public static int StateCount => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third)
        {
            Vector<T> n = first + (gradient * gradient);
            Vector<T> root = Vector.SquareRoot(n);
            Vector<T> sigma = (root - Vector.SquareRoot(first)) * _inverseAlpha;
            Vector<T> z = second + gradient - (sigma * parameter);
            first = n;
            second = z;
            Vector<T> shrunk = Vector.ConditionalSelect(Vector.GreaterThan(z, Vector<T>.Zero), _l1 - z, -(z + _l1));
            Vector<T> weight = shrunk / (((_beta + root) * _inverseAlpha) + _l2);
            return Vector.ConditionalSelect(Vector.LessThanOrEqual(Vector.Abs(z), _l1), Vector<T>.Zero, weight);
        }
    }
}
