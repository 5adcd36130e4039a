using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.PruneAsync"/>; answers with a <see cref="PrunedRows"/>.</summary>
/// <param name="Request">What to drop.</param>
public sealed record PruneCall(PruneRequest Request) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        new PrunedRows(await channel.PruneAsync(Request, cancellationToken));
}
