using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// An updater at one step: whatever the step's number decides is computed when it is made, so that a table makes one for
/// all rows of a request. Immutable and thread-safe.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public abstract class StepUpdate<T> where T : unmanaged
{
    /// <summary>Updates one row (or a contiguous run of parameters with the same state layout) in place.</summary>
    /// <param name="parameter">Shape (D).</param>
    /// <param name="gradient">Shape (D); for a value tensor the value. Not changed.</param>
    /// <param name="state">Shape (k, D).</param>
    /// <exception cref="ArgumentException">The lengths don't fit together.</exception>
    public abstract void Apply(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state);

    /// <summary>Updates rows of a table in place, by default one after the other.</summary>
    /// <param name="rows">The rows with their gradients and states.</param>
    /// <exception cref="ArgumentException">The rows have another number of states.</exception>
    public virtual void Apply(in RowBatch<T> rows)
    {
        for (int i = 0; i < rows.Count; i++) Apply(rows.Parameter(i), rows.Gradient(i), rows.State(i));
    }
}
