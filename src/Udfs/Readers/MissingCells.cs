using System.Text;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The cells that mean "missing". Immutable.</summary>
sealed class MissingCells
{
    readonly byte[][] _markers;
    readonly bool _isEmptyMissing;

    public MissingCells(IEnumerable<string> markers)
    {
        _markers = [.. markers.Where(marker => marker.Length > 0).Select(Encoding.UTF8.GetBytes)];
        _isEmptyMissing = markers.Contains("", StringComparer.Ordinal);
    }

    /// <summary>Whether a cell means "missing".</summary>
    public bool Contains(ReadOnlySpan<byte> cell)
    {
        if (cell.IsEmpty) return _isEmptyMissing;
        return _markers.Length > 0 && IsMarker(cell);
    }

    bool IsMarker(ReadOnlySpan<byte> cell)
    {
        foreach (byte[] marker in _markers)
        {
            if (cell.SequenceEqual(marker)) return true;
        }

        return false;
    }
}
