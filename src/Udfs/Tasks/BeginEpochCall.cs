using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="IShardChannel.BeginEpochAsync"/>.</summary>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="FirstSteps">Shape (W): the next step of each partition.</param>
public sealed record BeginEpochCall(int Epoch, IReadOnlyList<long> FirstSteps) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.BeginEpochAsync(Epoch, FirstSteps, cancellationToken);
        return null;
    }
}
