using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// The rows of a shard's table at one moment, while the table changes on; one at a time for each table. Reading is not
/// thread-safe. Disposing it ends the copying on write.
/// </summary>
sealed class TableCapture : IDisposable
{
    readonly EmbeddingTable _table;
    ulong[] _keys;
    bool _isSorted;
    bool _isDisposed;

    /// <summary>Captures a table; takes the time to copy its keys.</summary>
    public TableCapture(EmbeddingTable table)
    {
        _table = table;
        _keys = table.BeginCapture();
    }

    /// <summary>The layout of a row.</summary>
    public RowFormat Format => _table.Format;

    /// <summary>All keys in ascending (unsigned) order.</summary>
    public ulong[] SortedKeys()
    {
        if (!_isSorted) Array.Sort(_keys);
        _isSorted = true;
        return _keys;
    }

    /// <summary>Copies whole rows and ages as they were; each row once.</summary>
    /// <param name="keys">Shape (U), keys of the capture.</param>
    /// <param name="rows">Shape (U), RowBytes each: D weights then k·D states.</param>
    /// <param name="ages">Shape (U), int32.</param>
    public void ReadRows(NativeBlock keys, NativeBlock rows, NativeBlock ages) => _table.ReadCaptured(keys, rows, ages);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _keys = [];
        _table.EndCapture();
    }
}
