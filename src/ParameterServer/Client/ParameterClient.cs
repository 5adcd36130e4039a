using System.Collections.Concurrent;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Steps;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>
/// The parameter store over S shards: splits every request, sends the parts at the same time, and merges the answers.
/// Thread-safe for different partitions; one outstanding exchange for each partition. Owns its channels.
/// </summary>
/// <remarks>
/// A step that pushes, marks or ends goes to every shard, also to those without a key of it, so that all shards count the
/// same steps. An error of a shard names it: <see cref="BadInputException"/> and <see cref="FencedException"/> keep their
/// type, others become a <see cref="ShardException"/>.
/// </remarks>
public sealed class ParameterClient : IParameterStore, IAsyncDisposable
{
    readonly IShardChannel[] _channels;
    readonly ConcurrentBag<RequestSplitter> _splitters = [];
    readonly ExchangeCheck _check;

    /// <summary>Creates a client over shards that hold <paramref name="layout"/> (see <see cref="ConfigureAsync"/>).</summary>
    /// <param name="layout">What the shards hold.</param>
    /// <param name="channels">One channel a shard, in shard order; owned by the client.</param>
    public ParameterClient(StoreLayout layout, IReadOnlyList<IShardChannel> channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels.Count, 1, nameof(channels));
        Layout = layout;
        _channels = [.. channels];
        _check = new ExchangeCheck(layout, [.. layout.DenseTensors.Select(t => t.ElementCount * t.ElementType.ByteSize())]);
    }

    /// <summary>A store whose shards live in this process, configured and ready.</summary>
    /// <param name="layout">What the shards hold.</param>
    /// <param name="shardCount">Number of shards (S), at least 1.</param>
    /// <param name="options">Limits of each shard; null for the defaults.</param>
    public static ParameterClient CreateLocal(StoreLayout layout, int shardCount, ShardOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        LocalShardChannel[] channels = [.. Enumerable.Range(0, shardCount).Select(s => LocalShardChannel.Create(layout, s, shardCount, options))];
        return new ParameterClient(layout, channels);
    }

    /// <inheritdoc/>
    public StoreLayout Layout { get; }

    /// <summary>Number of shards (S).</summary>
    public int ShardCount => _channels.Length;

    /// <inheritdoc/>
    public ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken) =>
        _channels.Length == 1 ? ExchangeWithOneAsync(exchange, cancellationToken) : ExchangeWithAllAsync(exchange, cancellationToken);

    /// <summary>Creates the tables and dense tensors (all zero) on every shard. Once, before anything else.</summary>
    public Task ConfigureAsync(CancellationToken cancellationToken) =>
        ForEachAsync((channel, s) => channel.ConfigureAsync(Layout, s, ShardCount, cancellationToken));

    /// <summary>Begins an epoch: all partitions are open again at <paramref name="firstSteps"/>, (W), the next step of each.</summary>
    public Task BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken) =>
        ForEachAsync((channel, _) => channel.BeginEpochAsync(epoch, firstSteps, cancellationToken));

    /// <summary>Overwrites the weights (and states, when given) of a whole dense tensor.</summary>
    /// <param name="tensor">All rows; states in the checkpoint's order.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    public Task WriteDenseAsync(DenseSlice tensor, CancellationToken cancellationToken)
    {
        CheckLength(tensor);
        return ForEachAsync((channel, s) => channel.WriteDenseAsync(Cut(tensor, s), cancellationToken));
    }

    /// <summary>Reads weights and states of a whole dense tensor, at rest.</summary>
    /// <returns>All rows; states in the checkpoint's order, null when stateless.</returns>
    public async Task<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken)
    {
        DenseSlice[] parts = await ForEachAsync((channel, _) => channel.ReadDenseAsync(tensor, cancellationToken));
        return Join(tensor, parts);
    }

    /// <summary>Puts the shards' rows of a dense tensor together, as a snapshot's <see cref="ShardSnapshot.Dense"/> holds them.</summary>
    /// <param name="tensor">Index in the layout.</param>
    /// <param name="parts">One slice a shard, in shard order.</param>
    public DenseSlice Join(int tensor, IReadOnlyList<DenseSlice> parts)
    {
        DenseTensorSpec spec = Layout.DenseTensors[tensor];
        long valueBytes = parts.Sum(p => (long)p.Values.Length);
        byte[] values = new byte[valueBytes];
        byte[]? states = parts.All(p => p.States is null) ? null : new byte[parts.Sum(p => (long)(p.States?.Length ?? 0))];
        for (int s = 0; s < parts.Count; s++)
        {
            DensePartition part = DensePartition.Of(spec, s, parts.Count);
            if (part.Count == 0) continue;
            parts[s].Values.CopyTo(values, part.Begin * (values.Length / spec.Shape[0]));
            if (states is not null) parts[s].States!.CopyTo(states, part.Begin * (states.Length / spec.Shape[0]));
        }

        return new DenseSlice(tensor, values, states);
    }

    /// <summary>Overwrites the weights of rows and resets their age; states are kept, missing rows are created.</summary>
    public async Task WriteRowsAsync(SparsePush values, CancellationToken cancellationToken)
    {
        _check.Rows(values.Table, values.Keys, values.Gradients, "values");
        using RequestSplitter splitter = new(Layout, ShardCount);
        StepExchange whole = new();
        whole.SparsePushes.Add(values);
        IReadOnlyList<StepExchange> parts = splitter.Split(whole);
        await ForEachAsync(
            (channel, s) => parts[s].SparsePushes is [var part] ? channel.WriteRowsAsync(part, cancellationToken) : default);
    }

    /// <summary>Reads a table from a checkpoint; every shard takes its own keys.</summary>
    public Task LoadAsync(TableLoad load, CancellationToken cancellationToken) =>
        ForEachAsync((channel, _) => channel.LoadAsync(load, cancellationToken));

    /// <summary>Writes every shard's tables; see <see cref="IShardChannel.SaveAsync"/>.</summary>
    /// <returns>One snapshot a shard, in shard order.</returns>
    public Task<ShardSnapshot[]> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken) =>
        ForEachAsync((channel, _) => channel.SaveAsync(request, cancellationToken));

    /// <summary>Drops rows on every shard.</summary>
    /// <returns>Rows dropped.</returns>
    public async Task<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken) =>
        (await ForEachAsync((channel, _) => channel.PruneAsync(request, cancellationToken))).Sum();

    /// <summary>Reads every shard's size.</summary>
    /// <returns>One record a shard, in shard order.</returns>
    public Task<ShardStatistics[]> GetStatisticsAsync(CancellationToken cancellationToken) =>
        ForEachAsync((channel, _) => channel.GetStatisticsAsync(cancellationToken));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (_splitters.TryTake(out RequestSplitter? splitter)) splitter.Dispose();
        foreach (IShardChannel channel in _channels) await channel.DisposeAsync();
    }

    async ValueTask ExchangeWithOneAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            await _channels[0].ExchangeAsync(exchange, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw Name(0, error);
        }
    }

    async ValueTask ExchangeWithAllAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        _check.Check(exchange);
        if (!_splitters.TryTake(out RequestSplitter? splitter)) splitter = new RequestSplitter(Layout, ShardCount);
        try
        {
            IReadOnlyList<StepExchange> parts = splitter.Split(exchange);
            bool toAll = exchange.Step.Step >= 0 || exchange.EndOfPartition || exchange.SnapshotId > 0;
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await WhenAllAsync(
                s => toAll || parts[s].SparsePulls.Count > 0 || parts[s].DensePulls.Count > 0
                    ? _channels[s].ExchangeAsync(parts[s], stop.Token)
                    : default,
                stop);
            splitter.Scatter(exchange);
        }
        finally
        {
            _splitters.Add(splitter);
        }
    }

    async Task ForEachAsync(Func<IShardChannel, int, ValueTask> call) => await WhenAllAsync(s => call(_channels[s], s), null);

    async Task<T[]> ForEachAsync<T>(Func<IShardChannel, int, ValueTask<T>> call)
    {
        T[] results = new T[_channels.Length];
        await WhenAllAsync(async s => results[s] = await call(_channels[s], s), null);
        return results;
    }

    // Starts the call of every shard, then waits for all of them, also after a failure: they borrow the caller's memory.
    async ValueTask WhenAllAsync(Func<int, ValueTask> start, CancellationTokenSource? stop)
    {
        Task[] calls = new Task[_channels.Length];
        Exception? first = null;
        for (int s = 0; s < calls.Length; s++) calls[s] = RunAsync(s);
        await Task.WhenAll(calls);
        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);

        async Task RunAsync(int shard)
        {
            try
            {
                await start(shard);
            }
            catch (Exception error)
            {
                Exception named = error is OperationCanceledException ? error : Name(shard, error);
                if (Interlocked.CompareExchange(ref first, named, null) is null && stop is not null) await stop.CancelAsync();
            }
        }
    }

    Exception Name(int shard, Exception error) => error switch
    {
        BadInputException bad => new BadInputException($"shard {shard} of {ShardCount}: {bad.Message}", bad),
        FencedException fenced => new FencedException($"shard {shard} of {ShardCount}: {fenced.Message}"),
        _ => new ShardException(shard, ShardCount, error),
    };

    DenseSlice Cut(DenseSlice whole, int shard)
    {
        DenseTensorSpec spec = Layout.DenseTensors[whole.Tensor];
        DensePartition part = DensePartition.Of(spec, shard, ShardCount);
        return new DenseSlice(whole.Tensor, Rows(whole.Values), whole.States is null ? null : Rows(whole.States));

        byte[] Rows(byte[] all)
        {
            long rowBytes = spec.Shape[0] == 0 ? 0 : all.Length / spec.Shape[0];
            return all.AsSpan((int)(part.Begin * rowBytes), (int)(part.Count * rowBytes)).ToArray();
        }
    }

    void CheckLength(DenseSlice tensor)
    {
        DenseTensorSpec spec = Layout.DenseTensors[tensor.Tensor];
        long elementBytes = spec.ElementType.ByteSize();
        ExchangeCheck.Length(tensor.Values.Length, spec.ElementCount * elementBytes, spec.Name, "weights");
        if (tensor.States is { } states)
            ExchangeCheck.Length(states.Length, spec.ElementCount * elementBytes * spec.Updater.StatesPerParameter, spec.Name, "states");
    }
}
