using System.Net;
using System.Net.Sockets;
using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.Udfs.Spark;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="StartShardCommand"/>.</summary>
sealed class StartShardTask(StartShardCommand command, ExecutorShards shards) : ISparkTask
{
    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        ShardStarted started = StartAsync(context).GetAwaiter().GetResult();
        return [TaskResult.OfData(context.PartitionId, started)];
    }

    async Task<ShardStarted> StartAsync(SparkTaskContext context)
    {
        await SharedFolder.AnswerAsync(command.Storage, context.PartitionId, context.Cancellation);
        await shards.DropBeforeAsync(command.JobId, command.Generation);
        JobSecrets secrets = JobSecrets.Read(context.FilesDirectory, command.SecretsFile);
        string host = HostOf(context);
        var options = new ShardHostOptions
        {
            JobId = command.JobId,
            Secret = secrets.Secret,
            Certificate = secrets.ShardCertificate(),
            Lease = command.Lease,
            LeaseSnapshotFolder = command.LeaseSnapshotFolder,
            Shard = command.MaxTableBytes > 0 ? new ShardOptions { MaxTableBytes = command.MaxTableBytes } : new ShardOptions(),
        };
        ShardHost shard = await ListenAsync(options, host, context.Cancellation);
        var endpoint = new UriBuilder(shard.Endpoint.Scheme, host, shard.Endpoint.Port).Uri;
        shards.Add(command.JobId, command.Generation, endpoint, shard, context.Log);
        context.Log.LogInformation("Shard {Shard} of job {Job} listens at {Endpoint}", context.PartitionId, command.JobId, endpoint);
        return new ShardStarted(context.PartitionId, endpoint, Environment.ProcessId, ContainerMemory.Limit());
    }

    // The executor's own name in the cluster, which the other executors and the driver use for it too.
    static string HostOf(SparkTaskContext context)
    {
        if (context.PartitionId >= context.Addresses.Count)
            throw new BadInputException($"Spark gave the addresses of {context.Addresses.Count} tasks to task {context.PartitionId}; shards are started by a barrier job.");
        string address = context.Addresses[context.PartitionId];
        int colon = address.LastIndexOf(':');
        return colon < 0 ? address : address[..colon].Trim('[', ']');
    }

    // The name may belong to an address that only the outside of the container has: then every address of this one is listened on.
    static async Task<ShardHost> ListenAsync(ShardHostOptions options, string host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (SocketException)
        {
            addresses = [];
        }

        IPAddress? own = System.Array.Find(addresses, IsOfThisMachine);
        return await ShardHost.StartAsync(options with { Address = own ?? IPAddress.Any }, null, cancellationToken);
    }

    static bool IsOfThisMachine(IPAddress address)
    {
        using Socket probe = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
