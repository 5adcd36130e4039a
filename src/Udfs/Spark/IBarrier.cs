namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>
/// The collectives of a barrier stage, through Spark's driver; each takes about a second. All tasks of the stage call the same ones in
/// the same order. Not thread-safe.
/// </summary>
public interface IBarrier
{
    /// <summary>Blocks until every task of the stage has called it.</summary>
    /// <exception cref="BarrierFailedException">A peer or Spark failed.</exception>
    /// <exception cref="TimeoutException">Not all tasks came within <see cref="SparkWorkerOptions.BarrierTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token or the task was cancelled.</exception>
    void Barrier(CancellationToken cancellationToken = default);

    /// <summary>Blocks until every task of the stage has given its message, and returns all of them by partition.</summary>
    /// <param name="message">Text of this task; keep it below 100 KB, it passes through Spark's driver.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BarrierFailedException">A peer or Spark failed.</exception>
    /// <exception cref="TimeoutException">Not all tasks came within <see cref="SparkWorkerOptions.BarrierTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token or the task was cancelled.</exception>
    string[] AllGather(string message, CancellationToken cancellationToken = default);
}
