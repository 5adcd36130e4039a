using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.SaveAsync"/>; answers with a <see cref="ShardSnapshot"/>.</summary>
/// <param name="Request">What to write.</param>
public sealed record SaveCall(SnapshotRequest Request) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        await channel.SaveAsync(Request, cancellationToken);
}
