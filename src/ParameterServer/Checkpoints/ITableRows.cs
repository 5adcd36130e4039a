namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>The rows of a table in a fixed order, which can be read several times, block by block.</summary>
public interface ITableRows
{
    /// <summary>Number of rows.</summary>
    long Count { get; }

    /// <summary>Bytes of a row as it lies in a file.</summary>
    int RowBytes { get; }

    /// <summary>Reads the keys of the rows from <paramref name="start"/> on into the whole of <paramref name="keys"/>.</summary>
    void ReadKeys(long start, Span<ulong> keys);

    /// <summary>Reads the rows from <paramref name="start"/> on, as they lie in a file.</summary>
    /// <param name="start">Number of the first row.</param>
    /// <param name="keys">The keys of these rows, as <see cref="ReadKeys"/> gave them.</param>
    /// <param name="rows">Shape (number of keys), <see cref="RowBytes"/> each, written.</param>
    void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> rows);
}
