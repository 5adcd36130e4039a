namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// Some rows of a table with their gradients, each anywhere in native or pinned memory: what a shard gives to an updater
/// at once, so that per-call work (constants, dispatch) is shared by the rows. It owns nothing and is valid during the
/// call. Rows are distinct.
/// </summary>
/// <typeparam name="T">Type of the elements: float or double.</typeparam>
/// <param name="rows">Shape (N): address of each row: D weights, then k·D states.</param>
/// <param name="gradients">Shape (N): address of each row's gradient (D).</param>
/// <param name="dimension">Weights of a row (D), at least 1.</param>
/// <param name="statesPerParameter">States of a weight (k), at least 0.</param>
public readonly unsafe ref struct RowBatch<T>(ReadOnlySpan<nint> rows, ReadOnlySpan<nint> gradients, int dimension, int statesPerParameter)
    where T : unmanaged
{
    readonly ReadOnlySpan<nint> _rows = rows;
    readonly ReadOnlySpan<nint> _gradients = gradients[..rows.Length];

    /// <summary>Number of rows (N).</summary>
    public int Count => _rows.Length;

    /// <summary>Weights of a row (D).</summary>
    public int Dimension { get; } = dimension;

    /// <summary>States of a weight (k).</summary>
    public int StatesPerParameter { get; } = statesPerParameter;

    /// <summary>The weights of row <paramref name="index"/>, shape (D).</summary>
    public Span<T> Parameter(int index) => new((void*)_rows[index], Dimension);

    /// <summary>The states of row <paramref name="index"/>, shape (k, D).</summary>
    public Span<T> State(int index) => new((T*)_rows[index] + Dimension, StatesPerParameter * Dimension);

    /// <summary>The gradient of row <paramref name="index"/>, shape (D).</summary>
    public ReadOnlySpan<T> Gradient(int index) => new((void*)_gradients[index], Dimension);
}
