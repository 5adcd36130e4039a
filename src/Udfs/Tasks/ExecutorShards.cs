using System.Globalization;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// The shards that live in this worker process, beyond the tasks that started them. A shard ends by request, with its lease,
/// or when a later attempt of its job comes. Thread-safe.
/// </summary>
public sealed class ExecutorShards
{
    readonly Lock _lock = new();
    readonly List<Entry> _entries = [];

    /// <summary>The shards of this process.</summary>
    public static ExecutorShards OfProcess { get; } = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get { lock (_lock) return _entries.Count; }
    }

    /// <summary>Adds a started shard and watches for its end.</summary>
    /// <param name="generation">The attempt it belongs to.</param>
    /// <param name="jobId">Its job.</param>
    /// <param name="endpoint">The address under which other processes know it.</param>
    /// <param name="host">The shard; this object's from now on.</param>
    /// <param name="log">Told how it ended.</param>
    public void Add(string jobId, int generation, Uri endpoint, ShardHost host, ILogger log)
    {
        var entry = new Entry(jobId, generation, endpoint, host);
        lock (_lock) _entries.Add(entry);
        _ = Task.Run(async () =>
        {
            Exception? failure = null;
            try
            {
                await host.StopRequested;
            }
#pragma warning disable CA1031 // Rows that could not be written at the end of a lease: the log says so, the process goes on.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure = error;
            }

            await RemoveAsync(entry);
            string report = failure?.Message ?? host.LeaseReport ?? "it was asked to stop";
            log.Log(failure is null ? LogLevel.Information : LogLevel.Error, "The shard at {Endpoint} of job {Job} has ended: {Report}", endpoint, jobId, report);
        });
    }

    /// <summary>Ends the shards of a job that belong to attempts before <paramref name="generation"/>.</summary>
    public async Task DropBeforeAsync(string jobId, int generation)
    {
        Entry[] old;
        lock (_lock) old = [.. _entries.Where(entry => entry.JobId == jobId && entry.Generation < generation)];
        foreach (Entry entry in old) await RemoveAsync(entry);
    }

    /// <summary>The way to a shard of this process, without the network; null: it is not here.</summary>
    public IShardChannel? TryOpen(string jobId, Uri endpoint)
    {
        lock (_lock) return _entries.Find(entry => entry.JobId == jobId && entry.Endpoint == endpoint)?.Host.OpenChannel();
    }

    /// <summary>What lives here, for a log line.</summary>
    public override string ToString()
    {
        lock (_lock)
            return string.Join(", ", _entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.JobId}/{entry.Generation} at {entry.Endpoint}")));
    }

    async Task RemoveAsync(Entry entry)
    {
        lock (_lock)
        {
            if (!_entries.Remove(entry)) return;
        }

        await entry.Host.DisposeAsync();
    }

    sealed record Entry(string JobId, int Generation, Uri Endpoint, ShardHost Host);
}
