using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>One exchange of a worker, to be sent to every shard.</summary>
/// <param name="Step">The step that is pushed; −1: none.</param>
/// <param name="Snapshot">The marker; 0: none.</param>
/// <param name="IsEnd">Whether the partition ends.</param>
sealed record PlannedExchange(long Step, long Snapshot, bool IsEnd);

/// <summary>
/// What a history trains, and what its parameters must be: each step of partition p adds 32^p to minus every weight, so that
/// a weight names how many steps of which partition it has seen; in Sync, a weight names the number of common steps.
/// </summary>
sealed class Plan
{
    public const int Keys = 4;
    const int Radix = 32;

    readonly long[,] _steps;
    readonly long[,,] _markers;

    public Plan(Random random)
    {
        Mode = (TrainingMode)random.Next(3);
        Workers = random.Next(1, 4);
        Shards = random.Next(1, 3);
        Epochs = random.Next(1, 3);
        Depth = Mode == TrainingMode.Sync ? 0 : random.Next(2);
        Bound = random.Next(3);
        SavesEpochs = random.Next(2) == 0;
        _steps = new long[Epochs, Workers];
        _markers = new long[Epochs, 2, Workers];
        for (int e = 0; e < Epochs; e++)
        {
            for (int p = 0; p < Workers; p++) _steps[e, p] = random.Next(4);
            for (int i = 0; i < 2; i++)
            {
                long common = random.Next(1, 5);
                for (int p = 0; p < Workers; p++) _markers[e, i, p] = Mode == TrainingMode.Async ? random.Next(1, 5) : common;
                for (int p = 0; p < Workers && i == 1; p++) _markers[e, 1, p] = Math.Max(_markers[e, 1, p], _markers[e, 0, p]) + 1;
            }
        }
    }

    public TrainingMode Mode { get; }

    public int Workers { get; }

    public int Shards { get; }

    public int Epochs { get; }

    public int Depth { get; }

    public int Bound { get; }

    public bool SavesEpochs { get; }

    /// <summary>The snapshots of an epoch, in their order.</summary>
    public static long[] Snapshots(int epoch) => [(2 * epoch) + 1, (2 * epoch) + 2];

    public long Steps(int epoch, int partition) => _steps[epoch, partition];

    public StoreLayout Layout(int generation) => new()
    {
        RunId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        Generation = generation,
        Mode = Mode,
        WorkerCount = Workers,
        StalenessBound = Bound,
        Tables = [new SparseTableSpec { Name = "t", Dimension = 1, Updater = new SgdTensorUpdater { LearningRate = 1 }, Initializer = new ZeroTensorInitializer() }],
        DenseTensors = [new DenseTensorSpec { Name = "d", Shape = [Shards, 1], Updater = new SgdTensorUpdater { LearningRate = 1 } }],
    };

    /// <summary>The gradient that a partition pushes for every key.</summary>
    public float Gradient(int partition) => Mode == TrainingMode.Sync ? 60 * (partition + 1) : MathF.Pow(Radix, partition);

    /// <summary>The exchanges of a worker's epoch, as the trainer makes them.</summary>
    public List<PlannedExchange> Exchanges(int epoch, int partition, long first)
    {
        long n = _steps[epoch, partition];
        if (first >= n) return [new(-1, 0, true)];
        List<PlannedExchange> list = [new(-1, 0, false)];
        if (Depth == 0)
        {
            for (long t = first; t < n; t++) list.Add(t == n - 1 ? new(t, 0, true) : new(t, Marker(epoch, partition, t + 1), false));
            return list;
        }

        bool hasPrevious = false;
        for (long t = first; ; t++)
        {
            bool isLast = t == n - 1;
            if (hasPrevious || !isLast) list.Add(new(hasPrevious ? t - 1 : -1, 0, false));
            hasPrevious = true;
            long marker = isLast ? 0 : Marker(epoch, partition, t + 1);
            if (isLast || marker > 0)
            {
                list.Add(new(t, marker, isLast));
                hasPrevious = false;
            }

            if (isLast) return list;
        }
    }

    /// <summary>What every weight must be when an epoch has applied <paramref name="next"/> steps of each partition.</summary>
    public float Weight(int epoch, IReadOnlyList<long> next)
    {
        float sum = 0;
        for (int e = 0; e <= epoch; e++)
        {
            for (int p = 0; p < Workers && Mode != TrainingMode.Sync; p++) sum += (e == epoch ? next[p] : _steps[e, p]) * Gradient(p);
            long common = Mode == TrainingMode.Sync ? (e == epoch ? next.Max() : LongestOf(e)) : 0;
            for (long t = 0; t < common; t++) sum += Average(e, t);
        }

        return -sum;
    }

    /// <summary>Updates that a shard has counted by then.</summary>
    public long Updates(int epoch, IReadOnlyList<long> next)
    {
        long sum = Mode == TrainingMode.Sync ? next.Max() : next.Sum();
        for (int e = 0; e < epoch; e++) sum += Mode == TrainingMode.Sync ? LongestOf(e) : Enumerable.Range(0, Workers).Sum(p => _steps[e, p]);
        return sum;
    }

    /// <summary>Steps of each partition that a weight has seen in an epoch; not in Sync.</summary>
    public long[] Seen(int epoch, float weight)
    {
        long[] seen = new long[Workers];
        long rest = (long)-weight;
        for (int p = 0; p < Workers; p++)
        {
            seen[p] = rest % Radix;
            rest /= Radix;
            for (int e = 0; e < epoch; e++) seen[p] -= _steps[e, p];
        }

        return seen;
    }

    long LongestOf(int epoch) => Enumerable.Range(0, Workers).Max(p => _steps[epoch, p]);

    long Marker(int epoch, int partition, long next)
    {
        for (int i = 0; i < 2; i++)
            if (_markers[epoch, i, partition] == next) return Snapshots(epoch)[i];
        return 0;
    }

    float Average(int epoch, long step)
    {
        float sum = 0, rows = 0;
        int contributors = 0;
        for (int p = 0; p < Workers; p++)
        {
            if (_steps[epoch, p] <= step) continue;
            contributors++;
            rows += p + 1;
            sum += (p + 1) * Gradient(p);
        }

        return sum / rows;
    }
}
