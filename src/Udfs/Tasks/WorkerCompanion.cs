using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// What lives beside a worker for the task of one epoch and talks to other processes of the job. Built in the task from its spec;
/// called on the task's thread, in the order of the members; disposed at the task's end, however it ends.
/// </summary>
public abstract class WorkerCompanion : IDisposable
{
    /// <summary>Puts something around the training step.</summary>
    public abstract MinibatchTransformer Wrap(MinibatchTransformer step);

    /// <summary>Before the first step.</summary>
    /// <param name="worker">The worker; its step is the wrapped one.</param>
    /// <param name="store">The parameters.</param>
    /// <param name="mailbox">The way to other processes of the job.</param>
    /// <param name="log">Log of the task.</param>
    /// <param name="cancellationToken">Cancelled when Spark gives the task up.</param>
    public abstract void Start(
        WorkerSession worker, ParameterClient store, IJobMailbox mailbox, ILogger log, CancellationToken cancellationToken);

    /// <summary>After the last step of the task, unless it failed.</summary>
    public abstract void Stop();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends whatever <see cref="Start"/> began.</summary>
    /// <param name="disposing">Always true; there is no finaliser.</param>
    protected abstract void Dispose(bool disposing);
}
