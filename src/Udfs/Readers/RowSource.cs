namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The rows of one file from its beginning to its end. Not thread-safe.</summary>
abstract class RowSource : IDisposable
{
    /// <summary>Adds up to <paramref name="maxRows"/> rows to the target.</summary>
    /// <returns>How many; fewer than asked for only at the end of the file.</returns>
    public abstract int Fill(BatchAssembler target, int maxRows);

    /// <summary>Passes over rows.</summary>
    /// <returns>How many; fewer than asked for only at the end of the file.</returns>
    public abstract long Skip(long rows);

    /// <inheritdoc/>
    public abstract void Dispose();
}
