using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>Copies rows of equal length between an order and another. Thread-safe.</summary>
public static unsafe class RowCopy
{
    /// <summary>Row i of <paramref name="to"/> becomes row <c>positions[i]</c> of <paramref name="from"/>.</summary>
    /// <param name="from">Rows one after another.</param>
    /// <param name="positions">Shape (U), each inside <paramref name="from"/>.</param>
    /// <param name="rowBytes">Bytes of a row, at least 1.</param>
    /// <param name="to">Shape (U) rows; written.</param>
    /// <exception cref="ArgumentOutOfRangeException">A block is too short.</exception>
    public static void Gather(NativeBlock from, ReadOnlySpan<int> positions, int rowBytes, NativeBlock to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to.ByteLength, (long)positions.Length * rowBytes, nameof(to));
        ArgumentOutOfRangeException.ThrowIfLessThan(from.ByteLength, (long)positions.Length * rowBytes, nameof(from));
        byte* target = (byte*)to.Address;
        foreach (int position in positions)
        {
            Unsafe.CopyBlockUnaligned(target, (byte*)from.Address + ((long)position * rowBytes), (uint)rowBytes);
            target += rowBytes;
        }
    }

    /// <summary>Row <c>positions[i]</c> of <paramref name="to"/> becomes row i of <paramref name="from"/>.</summary>
    /// <param name="from">Shape (U) rows.</param>
    /// <param name="positions">Shape (U), each inside <paramref name="to"/>.</param>
    /// <param name="rowBytes">Bytes of a row, at least 1.</param>
    /// <param name="to">Rows one after another; written at the positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A block is too short.</exception>
    public static void Scatter(NativeBlock from, ReadOnlySpan<int> positions, int rowBytes, NativeBlock to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from.ByteLength, (long)positions.Length * rowBytes, nameof(from));
        ArgumentOutOfRangeException.ThrowIfLessThan(to.ByteLength, (long)positions.Length * rowBytes, nameof(to));
        byte* source = (byte*)from.Address;
        foreach (int position in positions)
        {
            Unsafe.CopyBlockUnaligned((byte*)to.Address + ((long)position * rowBytes), source, (uint)rowBytes);
            source += rowBytes;
        }
    }
}
