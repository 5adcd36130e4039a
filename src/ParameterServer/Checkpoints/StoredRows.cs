using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The rows of a captured table in ascending order of their keys, so that equal tables give equal files; each row can be read
/// once. Not thread-safe.
/// </summary>
sealed class StoredRows : ITableRows, IDisposable
{
    readonly TableCapture _table;
    readonly TableRowFormat _format;
    readonly ulong[] _keys;
    readonly NativeBuffer _keyBlock = new();
    readonly NativeBuffer _values = new();
    readonly NativeBuffer _ages = new();

    /// <summary>Borrows a capture.</summary>
    public StoredRows(TableCapture table)
    {
        _table = table;
        _format = TableRowFormat.Of(table.Format.Spec);
        _keys = table.SortedKeys();
    }

    /// <inheritdoc/>
    public long Count => _keys.Length;

    /// <inheritdoc/>
    public int RowBytes => _format.RowBytes;

    /// <inheritdoc/>
    public void ReadKeys(long start, Span<ulong> keys) => _keys.AsSpan(checked((int)start), keys.Length).CopyTo(keys);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A row is read a second time.</exception>
    public void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> rows)
    {
        NativeBlock wanted = _keyBlock.Reserve<ulong>(keys.Length);
        NativeBlock values = _values.Reserve<byte>((long)keys.Length * _format.ValueBytes);
        NativeBlock ages = _ages.Reserve<int>(keys.Length);
        keys.CopyTo(wanted.AsSpan<ulong>());
        _table.ReadRows(wanted, values, ages);
        _format.Pack(values.AsSpan<byte>(), ages.AsSpan<int>(), rows);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keyBlock.Dispose();
        _values.Dispose();
        _ages.Dispose();
    }
}
