using System.Numerics;
using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>The step of Adam and AdamW: states m and v.</summary>
readonly struct AdamRule<T>(in AdamConstants constants) : IUpdateRule<T> where T : unmanaged, INumber<T>
{
    readonly Vector<T> _beta1 = new(T.CreateTruncating(constants.Beta1));
    readonly Vector<T> _newWeight1 = new(T.CreateTruncating(1 - constants.Beta1));
    readonly Vector<T> _beta2 = new(T.CreateTruncating(constants.Beta2));
    readonly Vector<T> _newWeight2 = new(T.CreateTruncating(1 - constants.Beta2));
    readonly Vector<T> _keep = new(T.CreateTruncating(constants.Keep));
    readonly Vector<T> _stepSize = new(T.CreateTruncating(constants.StepSize));
    readonly Vector<T> _rootScale = new(T.CreateTruncating(constants.RootScale));
    readonly Vector<T> _epsilon = new(T.CreateTruncating(constants.Epsilon));

    public static int StateCount => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third)
    {
        Moments(gradient, ref first, ref second);
        return Step(parameter, first, second);
    }

    /// <summary>Moves both moments towards the gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Moments(Vector<T> gradient, ref Vector<T> first, ref Vector<T> second)
    {
        first = (_beta1 * first) + (_newWeight1 * gradient);
        second = (_beta2 * second) + (_newWeight2 * (gradient * gradient));
    }

    /// <summary>The parameter after decay and a step along m / (√v + ε).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Step(Vector<T> parameter, Vector<T> first, Vector<T> second) =>
        (_keep * parameter) - (_stepSize * first / ((_rootScale * Vector.SquareRoot(second)) + _epsilon));
}
