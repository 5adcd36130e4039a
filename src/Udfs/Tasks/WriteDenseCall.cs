using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.WriteDenseAsync"/>.</summary>
/// <param name="Slice">The shard's rows of a tensor.</param>
public sealed record WriteDenseCall(DenseSlice Slice) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.WriteDenseAsync(Slice, cancellationToken);
        return null;
    }
}
