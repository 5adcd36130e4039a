using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.LoadAsync"/>.</summary>
/// <param name="Load">What to read.</param>
public sealed record LoadCall(TableLoad Load) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.LoadAsync(Load, cancellationToken);
        return null;
    }
}
