using Apache.Arrow;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Spark;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="StopShardsCommand"/>.</summary>
sealed class StopShardsTask(StopShardsCommand command) : ISparkTask
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        JobSecrets secrets = JobSecrets.Read(context.FilesDirectory, command.Shards.SecretsFile);
        Task.WhenAll(command.Shards.Endpoints.Select((_, shard) => StopAsync(secrets, shard, context))).GetAwaiter().GetResult();
        return [TaskResult.Of(context.PartitionId, [])];
    }

    // A shard that is gone already needs no stop; one that can't be reached ends with its lease.
    async Task StopAsync(JobSecrets secrets, int shard, SparkTaskContext context)
    {
        ShardDirectory shards = command.Shards;
        await using var channel = new GrpcShardChannel(shards.Endpoints[shard], secrets.Connection(shards.JobId, shards.Encoding));
        channel.Attach(shards.Layout, shard, shards.Endpoints.Count);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        limit.CancelAfter(s_limit);
        try
        {
            await channel.StopAsync(limit.Token);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException or Model.Errors.BadInputException)
        {
            context.Log.LogWarning("The shard at {Endpoint} could not be stopped: {Reason}", shards.Endpoints[shard], error.Message);
        }
    }
}
