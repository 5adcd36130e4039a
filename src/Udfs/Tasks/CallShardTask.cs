using System.Text.Json;
using Apache.Arrow;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="CallShardCommand"/>.</summary>
sealed class CallShardTask(CallShardCommand command, ExecutorShards shards) : ISparkTask
{
    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        object? answer = RunAsync(context).GetAwaiter().GetResult();
        return [TaskResult.Of(context.PartitionId, answer is null ? [] : JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), SpecJson.Options))];
    }

    async Task<object?> RunAsync(SparkTaskContext context)
    {
        await using IShardChannel channel = ShardClient.Open(command.Shards, command.Shard, context, shards);
        return await command.Call.RunAsync(channel, command.Shards, command.Shard, context.Cancellation);
    }
}
