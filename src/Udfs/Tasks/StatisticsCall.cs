using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.GetStatisticsAsync"/>; answers with a <see cref="ShardStatistics"/>.</summary>
public sealed record StatisticsCall : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        await channel.GetStatisticsAsync(cancellationToken);
}
