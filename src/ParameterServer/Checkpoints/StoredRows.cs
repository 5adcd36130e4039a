using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The rows of a shard's table in ascending order of their keys, so that equal tables give equal files. The table must be
/// at rest. Not thread-safe.
/// </summary>
sealed class StoredRows : ITableRows, IDisposable
{
    readonly EmbeddingTable _table;
    readonly TableRowFormat _format;
    readonly ulong[] _keys;
    readonly NativeBuffer _keyBlock = new();
    readonly NativeBuffer _values = new();
    readonly NativeBuffer _ages = new();

    /// <summary>Takes the keys of a table; 8 bytes each.</summary>
    public StoredRows(EmbeddingTable table)
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
    /// <exception cref="InvalidOperationException">A row was dropped since the keys were taken.</exception>
    public void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> rows)
    {
        NativeBlock wanted = _keyBlock.Reserve<ulong>(keys.Length);
        NativeBlock values = _values.Reserve<byte>((long)keys.Length * _format.ValueBytes);
        NativeBlock ages = _ages.Reserve<int>(keys.Length);
        keys.CopyTo(wanted.AsSpan<ulong>());
        _table.ReadRows(wanted, values, ages);
        int absent = ages.AsSpan<int>().IndexOf(-1);
        if (absent >= 0)
            throw new InvalidOperationException($"table '{_table.Format.Spec.Name}' lost key {keys[absent]} while it was written");
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
