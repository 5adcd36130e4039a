using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>The workers of a run, wherever they are. Its calls come one after another, except <see cref="RequestStop"/>.</summary>
interface IWorkerGroup : IAsyncDisposable
{
    /// <summary>By rank: what each worker has done in the epoch, as far as is known here.</summary>
    IReadOnlyList<WorkerProgress> Progress { get; }

    /// <summary>Starts the snapshot of a number at the shards; called once for each, at its first marker. To be set once, first.</summary>
    Action<long> SnapshotBegins { set; }

    /// <summary>An empty metric of the job's kind.</summary>
    ModelMetric NewMetric();

    /// <summary>The metric of all rows that <see cref="Progress"/> counts.</summary>
    ModelMetric MergedMetric()
    {
        ModelMetric merged = NewMetric();
        foreach (WorkerProgress worker in Progress) worker.MergeInto(merged);
        return merged;
    }

    /// <summary>Calls the workers' start hooks.</summary>
    Task StartAsync();

    /// <summary>Calls the workers' stop hooks.</summary>
    Task StopAsync();

    /// <summary>Trains an epoch; the shards have begun it already.</summary>
    /// <param name="epoch">Epoch, from 0.</param>
    /// <param name="firstSteps">By rank: the next step.</param>
    /// <param name="cancellationToken">Ends the work without a snapshot.</param>
    /// <returns>By rank: whether the partition's end was reached; false when the worker was asked to stop before.</returns>
    IReadOnlyList<Task<bool>> TrainEpoch(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken);

    /// <summary>Asks all workers to take one more snapshot together, a few steps ahead, and to stop there.</summary>
    void RequestStop();

    /// <summary>The states that the workers had at a snapshot; called once every shard has captured it.</summary>
    Task<IReadOnlyList<byte[]>> StatesOfAsync(long snapshotId);

    /// <summary>Scores rows with the parameters as they are.</summary>
    Task<ModelMetric> ScoreAsync(RowsRole rows, CancellationToken cancellationToken);
}

/// <summary>Which rows of a job are scored.</summary>
enum RowsRole
{
    /// <summary>The rows that decide early stopping.</summary>
    Validation,

    /// <summary>The rows that the finished model is measured on.</summary>
    Test,
}
