using System.Numerics;
using System.Runtime.CompilerServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// AdaGrad (Duchi, Hazan and Singer, JMLR 2011, diagonal form) with the ε inside the root: g' = g + l2·p, s ← s + g'²,
/// p ← p − lr·g'/√(s + ε). The state is s.
/// </summary>
/// <param name="LearningRate">Step size (lr), above 0.</param>
/// <param name="Epsilon">
/// ε, at least 0. MetaSpore's default 0 turns a fresh parameter into NaN at its first zero gradient; the default here does not.
/// </param>
/// <param name="L2">Weight of the squared norm's gradient (l2), at least 0.</param>
public sealed record AdaGradTensorUpdater(double LearningRate = 0.01, double Epsilon = 1e-8, double L2 = 0) : TensorUpdater
{
    /// <inheritdoc/>
    public override int StatesPerParameter => 1;

    /// <inheritdoc/>
    public override StepUpdate<T> At<T>(in UpdateStep step) => new RuleUpdate<T, AdaGradRule<T>>(
        new(T.CreateTruncating(LearningRate), T.CreateTruncating(Epsilon), T.CreateTruncating(L2)));

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() =>
    [
        .. OptionRange.Positive("adagrad", nameof(LearningRate), LearningRate),
        .. OptionRange.NotNegative("adagrad", nameof(Epsilon), Epsilon),
        .. OptionRange.NotNegative("adagrad", nameof(L2), L2),
    ];

    readonly struct AdaGradRule<T>(T rate, T epsilon, T l2) : IUpdateRule<T> where T : unmanaged, INumber<T>
    {
        readonly Vector<T> _rate = new(rate);
        readonly Vector<T> _epsilon = new(epsilon);
        readonly Vector<T> _l2 = new(l2);

        public static int StateCount => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third)
        {
            Vector<T> g = gradient + (_l2 * parameter);
            first += g * g;
            return parameter - (_rate * g / Vector.SquareRoot(first + _epsilon));
        }
    }
}
