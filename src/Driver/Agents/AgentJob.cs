using System.Threading.Channels;
using Apache.Arrow;
using MetaSpore.Spark.ParameterServer.Client;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>What the agents of one job share.</summary>
sealed class AgentJob : IDisposable
{
    const int BatchesAhead = 2;

    readonly CancellationTokenSource _stopping = new();
    readonly Dictionary<AgentAddress, AgentHost> _hosts = [];
    readonly Dictionary<AgentGroup, AgentBarrier> _barriers;

    /// <summary>Creates a job without agents.</summary>
    /// <param name="name">Name of the job.</param>
    /// <param name="workerCount">Number of workers (W).</param>
    /// <param name="serverCount">Number of shards (S).</param>
    /// <param name="logger">Log lines.</param>
    /// <param name="transport">Makes the way between the agents; null: all are in this process.</param>
    public AgentJob(string name, int workerCount, int serverCount, ILogger logger, Func<AgentJob, IAgentTransport>? transport = null)
    {
        Name = name;
        WorkerCount = workerCount;
        ServerCount = serverCount;
        Logger = logger;
        _barriers = new()
        {
            [AgentGroup.Workers] = new AgentBarrier("the workers", Members(AgentGroup.Workers)),
            [AgentGroup.All] = new AgentBarrier("all agents", Members(AgentGroup.All)),
        };
        Transport = transport?.Invoke(this) ?? new LocalAgentTransport(this);
    }

    /// <summary>Name of the job.</summary>
    public string Name { get; }

    /// <summary>Number of workers (W).</summary>
    public int WorkerCount { get; }

    /// <summary>Number of shards (S).</summary>
    public int ServerCount { get; }

    /// <summary>The way between the agents.</summary>
    public IAgentTransport Transport { get; }

    /// <summary>Whether workers start, get their rows and stop with tasks, not when the coordinator says so.</summary>
    public bool WorkersFollowTasks { get; init; }

    /// <summary>Log lines.</summary>
    public ILogger Logger { get; }

    /// <summary>The shards' client; null without parameters.</summary>
    public ParameterClient? Store { get; set; }

    /// <summary>Cancelled when the job ends early.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Adds an agent.</summary>
    public void Add(AgentAddress address, Agent agent) => _hosts.Add(address, new AgentHost(this, address, agent));

    /// <summary>The host of an agent of this process.</summary>
    public AgentHost Host(AgentAddress address) => _hosts[address];

    /// <summary>Throws when the job has no such agent.</summary>
    public void Require(AgentAddress address)
    {
        if (!Members(AgentGroup.All).Contains(address)) throw new ArgumentException($"there is no {address}; the job has {WorkerCount} workers");
    }

    /// <summary>The members of a group, in order.</summary>
    public IReadOnlyList<AgentAddress> Members(AgentGroup group)
    {
        IEnumerable<AgentAddress> workers = Enumerable.Range(0, WorkerCount).Select(AgentAddress.Worker);
        return group == AgentGroup.Workers ? [.. workers] : [AgentAddress.Coordinator, .. workers];
    }

    /// <summary>The barrier of a group.</summary>
    public AgentBarrier Barrier(AgentGroup group) => _barriers[group];

    /// <summary>Whether an agent asked for the end.</summary>
    public bool IsShutDown { get; private set; }

    /// <summary>Ends the job in good order.</summary>
    public void Shutdown()
    {
        if (IsShutDown) return;
        IsShutDown = true;
        Transport.TellShutdown();
        _stopping.Cancel();
    }

    /// <summary>Ends the job because its caller wants so, or because it failed.</summary>
    public void Cancel() => _stopping.Cancel();

    /// <summary>
    /// Waits for all calls. The first failure cancels the job, so that agents that wait for the failed one end too, and is
    /// what the caller sees.
    /// </summary>
    public async Task WhenAllOrFirstFailureAsync(IEnumerable<Task> calls)
    {
        Task[] all = [.. calls];
        List<Task> open = [.. all];
        Task? failed = null;
        while (open.Count > 0)
        {
            Task done = await Task.WhenAny(open);
            open.Remove(done);
            if (done.IsCompletedSuccessfully) continue;
            if (failed is null || (failed.IsCanceled && done.IsFaulted)) failed = done;
            _stopping.Cancel();
        }

        if (failed is not null) await failed;
    }

    /// <summary>Deals the batches of one pass to the workers.</summary>
    public async Task FeedAsync(string command, IAsyncEnumerable<RecordBatch> rows, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(Stopping, cancellationToken);
        Channel<RecordBatch>[] queues =
            [.. Enumerable.Range(0, WorkerCount).Select(_ => Channel.CreateBounded<RecordBatch>(BatchesAhead))];
        IEnumerable<Task> workers = queues.Select((queue, rank) => ConsumeAsync(Host(AgentAddress.Worker(rank)), command, queue.Reader, either.Token));
        try
        {
            await WhenAllOrFirstFailureAsync([DealAsync(rows, queues, either.Token), .. workers]);
        }
        finally
        {
            foreach (Channel<RecordBatch> queue in queues)
            {
                while (queue.Reader.TryRead(out RecordBatch? left)) left.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cancel();
        foreach (AgentHost host in _hosts.Values) host.Dispose();
        _stopping.Dispose();
    }

    static async Task DealAsync(IAsyncEnumerable<RecordBatch> rows, Channel<RecordBatch>[] queues, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            long next = 0;
            await foreach (RecordBatch batch in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
                await queues[next++ % queues.Length].Writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The failure goes to the consumers and is thrown below.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        foreach (Channel<RecordBatch> queue in queues) queue.Writer.TryComplete();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    static async Task ConsumeAsync(AgentHost worker, string command, ChannelReader<RecordBatch> queue, CancellationToken cancellationToken)
    {
        await foreach (RecordBatch batch in queue.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await worker.ProcessAsync(command, batch).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not (AgentException or OperationCanceledException))
            {
                throw new AgentException(worker.Address, command, e);
            }
        }
    }
}
