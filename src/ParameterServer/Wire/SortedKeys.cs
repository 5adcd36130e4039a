using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Keys of one part of a request in ascending order, with where each came from. Kept from step to step; not thread-safe.</summary>
sealed class SortedKeys : IDisposable
{
    readonly NativeBuffer _keys = new();
    readonly NativeBuffer _positions = new();
    readonly NativeBuffer _encoded = new();
    readonly NativeBuffer _rows = new();
    int _count;

    /// <summary>Sorts and encodes keys.</summary>
    /// <param name="keys">Shape (U), unique; not changed.</param>
    /// <returns>Their <see cref="DeltaKeys"/> encoding; valid until the next call.</returns>
    public NativeBlock Encode(NativeBlock keys)
    {
        _count = (int)(keys.ByteLength / sizeof(ulong));
        Span<ulong> sorted = _keys.Reserve<ulong>(_count).AsSpan<ulong>();
        Span<int> positions = Positions;
        keys.AsSpan<ulong>().CopyTo(sorted);
        for (int i = 0; i < positions.Length; i++) positions[i] = i;
        sorted.Sort(positions);
        NativeBlock encoded = _encoded.Reserve<byte>(DeltaKeys.ByteLength(sorted));
        DeltaKeys.Encode(sorted, encoded.AsSpan<byte>());
        return encoded;
    }

    /// <summary>Rows of the keys as they were given, in ascending order of the keys.</summary>
    public NativeBlock Gather(NativeBlock rows)
    {
        NativeBlock gathered = _rows.Reserve<byte>(rows.ByteLength);
        if (_count > 0) RowCopy.Gather(rows, Positions, (int)(rows.ByteLength / _count), gathered);
        return gathered;
    }

    /// <summary>Puts rows in ascending order of the keys where the keys were given.</summary>
    public void Scatter(NativeBlock sorted, NativeBlock rows)
    {
        if (_count > 0) RowCopy.Scatter(sorted, Positions, (int)(rows.ByteLength / _count), rows);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _positions.Dispose();
        _encoded.Dispose();
        _rows.Dispose();
    }

    Span<int> Positions => _positions.Reserve<int>(_count).AsSpan<int>();
}
