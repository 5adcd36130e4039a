using System.Text.Json.Serialization;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>One call to a shard as plain data, for a driver that can't reach the shard itself. Immutable; a closed list of kinds.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "call")]
[JsonDerivedType(typeof(ConfigureCall), "configure")]
[JsonDerivedType(typeof(BeginEpochCall), "beginEpoch")]
[JsonDerivedType(typeof(RequestStopCall), "requestStop")]
[JsonDerivedType(typeof(WriteDenseCall), "writeDense")]
[JsonDerivedType(typeof(ReadDenseCall), "readDense")]
[JsonDerivedType(typeof(LoadCall), "load")]
[JsonDerivedType(typeof(SaveCall), "save")]
[JsonDerivedType(typeof(PruneCall), "prune")]
[JsonDerivedType(typeof(StatisticsCall), "statistics")]
public abstract record ShardCall
{
    /// <summary>Makes the call.</summary>
    /// <returns>The answer; null for calls without one.</returns>
    internal abstract Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken);
}

/// <summary>See <see cref="IShardChannel.ConfigureAsync"/>.</summary>
public sealed record ConfigureCall : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.ConfigureAsync(directory.Layout, shard, directory.Endpoints.Count, cancellationToken);
        return null;
    }
}

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

/// <summary>See <see cref="IShardChannel.RequestStopAsync"/>.</summary>
public sealed record RequestStopCall : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken)
    {
        await channel.RequestStopAsync(cancellationToken);
        return null;
    }
}

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

/// <summary>See <see cref="IShardChannel.ReadDenseAsync"/>; answers with a <see cref="DenseSlice"/>.</summary>
/// <param name="Tensor">Index in the layout.</param>
public sealed record ReadDenseCall(int Tensor) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        await channel.ReadDenseAsync(Tensor, cancellationToken);
}

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

/// <summary>See <see cref="IShardChannel.SaveAsync"/>; answers with a <see cref="ShardSnapshot"/>.</summary>
/// <param name="Request">What to write.</param>
public sealed record SaveCall(SnapshotRequest Request) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        await channel.SaveAsync(Request, cancellationToken);
}

/// <summary>See <see cref="IShardChannel.PruneAsync"/>; answers with a <see cref="PrunedRows"/>.</summary>
/// <param name="Request">What to drop.</param>
public sealed record PruneCall(PruneRequest Request) : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        new PrunedRows(await channel.PruneAsync(Request, cancellationToken));
}

/// <summary>See <see cref="IShardChannel.GetStatisticsAsync"/>; answers with a <see cref="ShardStatistics"/>.</summary>
public sealed record StatisticsCall : ShardCall
{
    internal override async Task<object?> RunAsync(IShardChannel channel, ShardDirectory directory, int shard, CancellationToken cancellationToken) =>
        await channel.GetStatisticsAsync(cancellationToken);
}

/// <summary>Number of rows that a <see cref="PruneCall"/> dropped.</summary>
/// <param name="Count">The number.</param>
public sealed record PrunedRows(long Count);
