using System.Numerics;
using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>The step of AdamW with AMSGrad: states m, v and the largest v so far, which takes the place of v.</summary>
readonly struct AmsGradRule<T>(in AdamConstants constants) : IUpdateRule<T> where T : unmanaged, INumber<T>
{
    readonly AdamRule<T> _adam = new(constants);

    public static int StateCount => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third)
    {
        _adam.Moments(gradient, ref first, ref second);
        third = Vector.Max(third, second);
        return _adam.Step(parameter, first, third);
    }
}
