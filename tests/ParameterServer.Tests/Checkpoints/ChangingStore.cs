using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Client;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>A store that seeded pushes, pulls, writes and prunings change, and whose next saves can be made to fail.</summary>
sealed class ChangingStore : IAsyncDisposable
{
    readonly Random _random;
    readonly StoreSession _session;
    readonly FailingChannel[] _channels;

    ChangingStore(int seed, StoreLayout layout, int shards)
    {
        _random = new Random(seed);
        _channels = [.. Enumerable.Range(0, shards).Select(i => new FailingChannel(LocalShardChannel.Create(layout, i, shards)))];
        Client = new ParameterClient(layout, _channels);
        _session = new StoreSession(Client);
    }

    public ParameterClient Client { get; }

    public static async Task<ChangingStore> StartAsync(int seed, int shards, StoreLayout? layout = null)
    {
        ChangingStore store = new(seed, layout ?? TestStore.Layout(), shards);
        await store.Client.BeginEpochAsync(0, new long[store.Client.Layout.WorkerCount], TestStore.Token);
        return store;
    }

    /// <summary>Lets the last shard's next save fail after its files were written.</summary>
    public void FailNextSave() => _channels[^1].Fails = true;

    public Task PushAsync(params ulong[] keys) =>
        _session.PushAsync(new Push(keys, [.. Enumerable.Range(0, keys.Length * 3).Select(_ => _random.NextSingle() - 0.5f)]));

    public async Task ChangeAsync(int times)
    {
        for (int i = 0; i < times; i++)
        {
            // The highest bit, so that keys are not a small range.
            ulong[] keys = [.. Enumerable.Range(0, _random.Next(1, 40)).Select(_ => (uint)_random.Next(1, 600) | ((ulong)_random.Next(2) << 63)).Distinct()];
            using Blocks blocks = new();
            switch (_random.Next(12))
            {
                case 0:
                    await Client.PruneAsync(new PruneRequest(_random.Next(2), Epsilon: _random.NextDouble() * 0.4), TestStore.Token);
                    break;
                case 1:
                    await _session.PullAsync(_random.Next(2), keys);
                    break;
                case 2:
                    await Client.WriteRowsAsync(new SparsePush(1, blocks.Of(keys), blocks.Of(keys.Select(k => k % 7 * 0.25f).ToArray())), TestStore.Token);
                    break;
                case 3:
                    await _session.PushAsync(new Push(keys, [.. keys.Select(_ => _random.NextSingle())]) { Table = 1 });
                    break;
                default:
                    await PushAsync(keys);
                    break;
            }
        }
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    sealed class FailingChannel(IShardChannel inner) : ForwardingChannel
    {
        public bool Fails { get; set; }

        protected override IShardChannel Inner => inner;

        public override async ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken)
        {
            ShardSnapshot saved = await inner.SaveAsync(request, cancellationToken);
            if (!Fails) return saved;
            Fails = false;
            throw new IOException("No space left on device");
        }
    }
}
