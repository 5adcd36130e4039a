using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.ReadDenseAsync"/>; answers with a <see cref="DenseSlice"/>.</summary>
/// <param name="Tensor">Index in the layout.</param>
public sealed record ReadDenseCall(int Tensor) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        await channel.ReadDenseAsync(Tensor, cancellationToken);
}
