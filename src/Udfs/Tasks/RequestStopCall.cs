using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.RequestStopAsync"/>.</summary>
public sealed record RequestStopCall : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.RequestStopAsync(cancellationToken);
        return null;
    }
}
