using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>A task's connection to the shards of its job: in process where one lives in the same process, else by the network.</summary>
sealed class ShardClient : IDisposable
{
    readonly IShardChannel[] _channels;

    /// <summary>Prepares the connections.</summary>
    /// <exception cref="Model.Errors.BadInputException">The job's secret is not here.</exception>
    public ShardClient(ShardDirectory directory, SparkTaskContext context, ExecutorShards here)
    {
        _channels = [.. Enumerable.Range(0, directory.Endpoints.Count).Select(shard => Open(directory, shard, context, here))];
        Store = new ParameterClient(directory.Layout, _channels);
    }

    /// <summary>The parameters.</summary>
    public ParameterClient Store { get; }

    /// <summary>Messages to other processes of the job, by way of shard 0.</summary>
    public IJobMailbox Mailbox => (IJobMailbox)_channels[0];

    /// <summary>The step before which all workers are to mark and stop, as of the last exchange; −1: none.</summary>
    public long StopStep => _channels[0].StopStep;

    /// <summary>The way to one shard.</summary>
    /// <exception cref="Model.Errors.BadInputException">The job's secret is not here.</exception>
    public static IShardChannel Open(ShardDirectory directory, int shard, SparkTaskContext context, ExecutorShards here)
    {
        Uri endpoint = directory.Endpoints[shard];
        if (here.TryOpen(directory.JobId, endpoint) is { } local) return local;
        JobSecrets secrets = JobSecrets.Read(context.FilesDirectory, directory.SecretsFile);
        var channel = new GrpcShardChannel(endpoint, secrets.Connection(directory.JobId, directory.Encoding));
        channel.Attach(directory.Layout, shard, directory.Endpoints.Count);
        return channel;
    }

    /// <inheritdoc/>
    public void Dispose() => Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
