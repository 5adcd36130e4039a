using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// The published models that scoring tasks of this process use: each is loaded once, shared by the tasks, and kept for the next
/// ones until another model is wanted. Thread-safe.
/// </summary>
public sealed class ScoringModels
{
    readonly Lock _lock = new();
    readonly List<Entry> _entries = [];

    /// <summary>The models of this process.</summary>
    public static ScoringModels OfProcess { get; } = new();

    /// <summary>A model's parameters, loaded when they are not yet.</summary>
    /// <param name="published">The model.</param>
    /// <param name="network">Its network.</param>
    /// <param name="cancellationToken">Ends the loading for all who wait for it.</param>
    /// <returns>The parameters, to be given back by disposing.</returns>
    /// <exception cref="BadInputException">There is no such model any more, or it is damaged.</exception>
    public Lease Open(PublishedModel published, SparseModel network, CancellationToken cancellationToken)
    {
        Entry? entry;
        lock (_lock)
        {
            entry = _entries.Find(one => one.Model == published);
            if (entry is null)
            {
                DropUnused();
                entry = new Entry(published, new Lazy<Task<ParameterClient>>(() => LoadAsync(published, network, cancellationToken)));
                _entries.Add(entry);
            }

            entry.Users++;
        }

        try
        {
            return new Lease(this, entry, entry.Client.Value.GetAwaiter().GetResult());
        }
        catch
        {
            lock (_lock)
            {
                entry.Users--;
                _entries.Remove(entry);
            }

            throw;
        }
    }

    static async Task<ParameterClient> LoadAsync(PublishedModel published, SparseModel network, CancellationToken cancellationToken)
    {
        CheckpointReader reader = CheckpointReader.Open(published.Path);
        if (reader.Mark != published.Mark)
        {
            throw new BadInputException(
                $"The model at '{published.Path}' is another one than when the scoring was planned (mark {reader.Mark}, then {published.Mark}). Transform again with the new model, or keep models in folders of their own.");
        }

        var layout = new StoreLayout { RunId = Guid.NewGuid(), Tables = network.Tables, DenseTensors = network.DenseTensors };
        ParameterClient client = ParameterClient.CreateLocal(layout, 1);
        try
        {
            await reader.LoadAsync(client, new CheckpointLoadOptions { LoadState = false }, cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    void DropUnused()
    {
        foreach (Entry old in _entries.Where(one => one.Users == 0).ToArray())
        {
            _entries.Remove(old);
            if (old.Client.IsValueCreated && old.Client.Value.IsCompletedSuccessfully) old.Client.Value.Result.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    void Return(Entry entry)
    {
        lock (_lock) entry.Users--;
    }

    /// <summary>A task's use of a model.</summary>
    public sealed class Lease : IDisposable
    {
        readonly ScoringModels _models;
        readonly Entry _entry;

        internal Lease(ScoringModels models, Entry entry, ParameterClient store)
        {
            _models = models;
            _entry = entry;
            Store = store;
        }

        /// <summary>The parameters; the models' own.</summary>
        public ParameterClient Store { get; }

        /// <inheritdoc/>
        public void Dispose() => _models.Return(_entry);
    }

    internal sealed record Entry(PublishedModel Model, Lazy<Task<ParameterClient>> Client)
    {
        public int Users { get; set; }
    }
}
