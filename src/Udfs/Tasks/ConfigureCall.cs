using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.ConfigureAsync"/>.</summary>
public sealed record ConfigureCall : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.ConfigureAsync(directory.Layout, shard, directory.Endpoints.Count, cancellationToken);
        return null;
    }
}
