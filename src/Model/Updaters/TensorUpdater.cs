using System.Numerics;
using System.Text.Json.Serialization;

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

    /// <summary>The updater at one step; a formula written once for both precisions.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="step">The step.</param>
    public abstract StepUpdate<T> At<T>(in UpdateStep step) where T : unmanaged, INumber<T>;

    /// <summary>Updates one row (or a contiguous run of parameters with the same state layout) in place.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="parameter">Shape (D).</param>
    /// <param name="gradient">Shape (D); for a value tensor the value. Not changed.</param>
    /// <param name="state">Shape (k, D).</param>
    /// <param name="step">The step.</param>
    public void Update<T>(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state, in UpdateStep step)
        where T : unmanaged, INumber<T> => At<T>(step).Apply(parameter, gradient, state);

    /// <summary>Every violated range of the options, one sentence each; empty when the updater is usable.</summary>
    public abstract IEnumerable<string> Validate();
}
