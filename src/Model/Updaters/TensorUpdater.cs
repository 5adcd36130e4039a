using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// Changes parameters by gradients: the optimiser, applied where the parameters live. An updater is an immutable value;
/// what it remembers for each parameter is the state block that the shard keeps beside the parameters. Thread-safe.
/// </summary>
/// <remarks>
/// For a row of D parameters and k states for each of them the state block holds k·D elements: state j of parameter i is
/// element j·D + i. New parameters have an all-zero state.
/// </remarks>
[JsonConverter(typeof(TensorUpdaterJsonConverter))]
public abstract record TensorUpdater
{
    /// <summary>State elements for each parameter (k), at least 0.</summary>
    public abstract int StatesPerParameter { get; }

    /// <summary>Updates one row (or a contiguous run of parameters with the same state layout) in place.</summary>
    /// <param name="parameter">Shape (D).</param>
    /// <param name="gradient">Shape (D); for a value tensor the value. Not changed.</param>
    /// <param name="state">Shape (k, D).</param>
    /// <param name="step">The step.</param>
    public abstract void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, in UpdateStep step);

    /// <summary>The same in double precision.</summary>
    /// <param name="parameter">Shape (D).</param>
    /// <param name="gradient">Shape (D). Not changed.</param>
    /// <param name="state">Shape (k, D).</param>
    /// <param name="step">The step.</param>
    public abstract void Update(Span<double> parameter, ReadOnlySpan<double> gradient, Span<double> state, in UpdateStep step);

    /// <summary>
    /// Updates rows of a table in place. The default calls the row's overload for each; an updater overrides it where
    /// work can be shared by the rows.
    /// </summary>
    /// <param name="rows">The rows with their gradients and states.</param>
    /// <param name="step">The step.</param>
    public virtual void Update(in RowBatch<float> rows, in UpdateStep step)
    {
        for (int i = 0; i < rows.Count; i++) Update(rows.Parameter(i), rows.Gradient(i), rows.State(i), step);
    }

    /// <summary>The same in double precision.</summary>
    /// <param name="rows">The rows with their gradients and states.</param>
    /// <param name="step">The step.</param>
    public virtual void Update(in RowBatch<double> rows, in UpdateStep step)
    {
        for (int i = 0; i < rows.Count; i++) Update(rows.Parameter(i), rows.Gradient(i), rows.State(i), step);
    }

    /// <summary>Every violated range of the options, one sentence each; empty when the updater is usable.</summary>
    public abstract IEnumerable<string> Validate();
}
