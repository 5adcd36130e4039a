using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Keys of one part of a request in ascending order, with where each came from. Kept from step to step; not thread-safe.</summary>
sealed class SortedKeys : IDisposable
{
    const int DigitBits = 8;
    const int Digits = 1 << DigitBits;
    const int RadixMinimum = 512;

    readonly NativeBuffer _keys = new();
    readonly NativeBuffer _positions = new();
    readonly NativeBuffer _otherKeys = new();
    readonly NativeBuffer _otherPositions = new();
    readonly NativeBuffer _encoded = new();
    readonly NativeBuffer _rows = new();
    SortedKeys? _same;
    int _count;

    /// <summary>Sorts and encodes keys.</summary>
    /// <param name="keys">Shape (U), unique; not changed.</param>
    /// <returns>Their <see cref="DeltaKeys"/> encoding; valid until the next call.</returns>
    public NativeBlock Encode(NativeBlock keys)
    {
        _same = null;
        _count = (int)(keys.ByteLength / sizeof(ulong));
        Span<ulong> sorted = _keys.Reserve<ulong>(_count).AsSpan<ulong>();
        Span<int> positions = Positions;
        keys.AsSpan<ulong>().CopyTo(sorted);
        for (int i = 0; i < positions.Length; i++) positions[i] = i;
        if (_count < RadixMinimum) sorted.Sort(positions);
        else Sort(sorted, positions, _otherKeys.Reserve<ulong>(_count).AsSpan<ulong>(), _otherPositions.Reserve<int>(_count).AsSpan<int>());
        NativeBlock encoded = _encoded.Reserve<byte>(DeltaKeys.ByteLength(sorted));
        DeltaKeys.Encode(sorted, encoded.AsSpan<byte>());
        return encoded;
    }

    /// <summary>Takes over the order of the same keys, as long as <paramref name="same"/> encodes no others.</summary>
    public void Share(SortedKeys same)
    {
        _same = same;
        _count = same._count;
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
        _otherKeys.Dispose();
        _otherPositions.Dispose();
        _encoded.Dispose();
        _rows.Dispose();
    }

    Span<int> Positions => (_same ?? this)._positions.Reserve<int>(_count).AsSpan<int>();

    // Radix sort from the lowest digit on; a digit that all keys share is left out.
    static void Sort(Span<ulong> keys, Span<int> positions, Span<ulong> otherKeys, Span<int> otherPositions)
    {
        bool isSwapped = false;
        for (int shift = 0; shift < 64; shift += DigitBits)
        {
            isSwapped ^= isSwapped
                ? Move(otherKeys, otherPositions, keys, positions, shift)
                : Move(keys, positions, otherKeys, otherPositions, shift);
        }

        if (!isSwapped) return;
        otherKeys.CopyTo(keys);
        otherPositions.CopyTo(positions);
    }

    static bool Move(ReadOnlySpan<ulong> fromKeys, ReadOnlySpan<int> from, Span<ulong> toKeys, Span<int> to, int shift)
    {
        Span<int> next = stackalloc int[Digits];
        next.Clear();
        foreach (ulong key in fromKeys) next[(byte)(key >> shift)]++;
        if (next[(byte)(fromKeys[0] >> shift)] == fromKeys.Length) return false;
        int start = 0;
        foreach (ref int at in next)
        {
            int size = at;
            at = start;
            start += size;
        }

        for (int i = 0; i < fromKeys.Length; i++)
        {
            int at = next[(byte)(fromKeys[i] >> shift)]++;
            toKeys[at] = fromKeys[i];
            to[at] = from[i];
        }

        return true;
    }
}
