namespace MetaSpore.Spark.Udfs.Features;

/// <summary>
/// The keys of one column or cross for one batch. Scalar: one key a row, 0 where the row has no value. List: row r has the
/// keys <c>Keys[Starts[r] .. Starts[r+1]]</c>, possibly none. The arrays grow and are reused from batch to batch.
/// </summary>
sealed class ColumnKeys
{
    ulong[] _keys = [];
    int[] _starts = [];

    public bool IsList { get; private set; }

    public ReadOnlySpan<ulong> Keys => _keys;

    public ReadOnlySpan<int> Starts => _starts;

    /// <summary>Makes it scalar and returns the keys for writing: shape (rows).</summary>
    public Span<ulong> BeginScalar(int rows)
    {
        IsList = false;
        Grow(rows);
        return _keys.AsSpan(0, rows);
    }

    /// <summary>Makes it a list and returns the starts for writing: shape (rows + 1); the keys follow by <see cref="Grow"/>.</summary>
    public Span<int> BeginList(int rows)
    {
        IsList = true;
        if (_starts.Length <= rows) _starts = GC.AllocateUninitializedArray<int>(rows + (rows >> 1) + 1);
        return _starts.AsSpan(0, rows + 1);
    }

    /// <summary>Makes room for <paramref name="count"/> keys, keeping those already written, and returns them all.</summary>
    public Span<ulong> Grow(long count)
    {
        if (count > _keys.Length)
            Array.Resize(ref _keys, checked((int)Math.Min(Math.Max(count, Array.MaxLength), count + (count >> 1) + 16)));
        return _keys;
    }
}
