using System.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// The formula of an updater with the constants of one step, written once for vectors of either precision. Every
/// operation is element-wise and rounded by itself (no fused multiply-add), so that an element's result depends neither
/// on its place in the row nor on the machine.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
interface IUpdateRule<T> where T : unmanaged
{
    /// <summary>States of a parameter (k), 0 to 3; the formula neither reads nor writes the others.</summary>
    static abstract int StateCount { get; }

    /// <summary>The new parameters; states change in place.</summary>
    Vector<T> Apply(Vector<T> parameter, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second, ref Vector<T> third);
}
