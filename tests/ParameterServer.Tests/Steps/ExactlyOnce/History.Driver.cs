using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>What leads the run: epochs, snapshots, new attempts.</summary>
sealed partial class History
{
    readonly List<TaskCompletionSource> _captures = [];
    Published? _published;
    Queue<long> _snapshots = [];
    int _epoch;
    long[] _first = [];
    int _unacknowledged;
    long _saving = -1;
    (ShardSnapshot Snapshot, float[] Rows)?[] _saved = [];
    bool _isDone;

    /// <summary>A worker has sent its epoch's last exchange; the next epoch begins when all have and no snapshot is open.</summary>
    public void OnFinished()
    {
        if (_saving >= 0 || _workers.Length == 0 || !_workers.All(w => w.IsFinished)) return;
        if (_snapshots.Count > 0 && _random.Next(2) == 0)
        {
            Save(_snapshots.Dequeue());
            return;
        }

        _snapshots.Clear();
        if (Plan.SavesEpochs && _saved.Length == 0)
        {
            Save(0);
            return;
        }

        EndEpoch();
    }

    // What the driver may do by itself at any time; false: nothing.
    bool Act()
    {
        if (_captures.Count > 0 && _random.Next(2) == 0)
        {
            int index = _random.Next(_captures.Count);
            TaskCompletionSource capture = _captures[index];
            _captures.RemoveAt(index);
            capture.SetResult();
            return true;
        }

        if (_saving < 0 && _workers.Length > 0 && _snapshots.Count > 0)
        {
            Save(_snapshots.Dequeue());
            return true;
        }

        return _captures.Count > 0;
    }

    void Crash()
    {
        foreach (SimulatedWorker worker in _workers) worker.Haunt();
        Recover();
    }

    // The one rule of recovery: a new attempt, new shards, all from the last published snapshot.
    void Recover()
    {
        Generation++;
        _captures.Clear();
        _saving = -1;
        for (int s = 0; s < Plan.Shards; s++)
        {
            Shard shard = new(Plan.Layout(Generation), s, Plan.Shards, new ShardOptions { TimeProvider = StillClock.Instance });
            _shards.Add(shard);
            if (_published is not { } from) continue;
            _memory.Fill(from.Rows[s], out SparsePush rows);
            shard.WriteRows(rows);
            shard.WriteDense(from.Dense[s]);
            shard.AppliedSteps = from.AppliedSteps;
        }

        BeginEpoch(_published?.Epoch ?? 0, _published?.NextSteps ?? new long[Plan.Workers]);
    }

    void BeginEpoch(int epoch, long[] first)
    {
        _epoch = epoch;
        _first = first;
        _workers = [];
        _saved = [];
        _snapshots = new Queue<long>(Plan.Snapshots(epoch).Where(id => id > (_published?.Id ?? 0)));
        _unacknowledged = Plan.Shards;
        for (int s = 0; s < Plan.Shards; s++) SendBegin(new Begun(Generation, epoch, first, s), isDelayed: false);
    }

    void SendBegin(Begun call, bool isDelayed) => Network.Send(
        () =>
        {
            if (call.Generation != Generation) return;
            try
            {
                _shards[^(Plan.Shards - call.Shard)].BeginEpoch(call.Epoch, call.First);
            }
            catch (InvalidOperationException) when (call.Epoch < _epoch)
            {
                return;
            }

            Network.Send(() => OnBegun(call), () => SendBegin(call, isDelayed: false), null);
        },
        () => SendBegin(call, isDelayed: false),
        () => SendBegin(call, isDelayed: true),
        isDelayed);

    void OnBegun(Begun call)
    {
        if (call.IsAcknowledged || call.Generation != Generation || call.Epoch != _epoch) return;
        call.IsAcknowledged = true;
        if (--_unacknowledged > 0) return;
        _workers = [.. Enumerable.Range(0, Plan.Workers).Select(p => new SimulatedWorker(this, Generation, p, _epoch, _first[p]))];
        foreach (SimulatedWorker worker in _workers.ToArray()) worker.Start();
    }

    void EndEpoch()
    {
        if (_epoch + 1 == Plan.Epochs) _isDone = true;
        else BeginEpoch(_epoch + 1, new long[Plan.Workers]);
    }

    void Save(long id)
    {
        _saving = id;
        _saved = new (ShardSnapshot, float[])?[Plan.Shards];
        for (int s = 0; s < Plan.Shards; s++) SendSave(Generation, _epoch, id, s, isDelayed: false);
    }

    void SendSave(int generation, int epoch, long id, int shard, bool isDelayed) => Network.Send(
        () =>
        {
            if (generation == Generation) Capture(generation, epoch, id, shard);
        },
        () => SendSave(generation, epoch, id, shard, isDelayed: false),
        () => SendSave(generation, epoch, id, shard, isDelayed: true),
        isDelayed);

    async void Capture(int generation, int epoch, long id, int shard)
    {
        Shard target = _shards[^(Plan.Shards - shard)];
        float[] rows = [];
        try
        {
            ShardSnapshot snapshot = await target.CaptureAsync(
                new SnapshotRequest(id, ""),
                async (tables, _) =>
                {
                    TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    if (generation == Generation) _captures.Add(written);
                    await written.Task;
                    rows = Read(tables[0]);
                    return [];
                },
                CancellationToken.None);
            if (rows.Length > 0) _rowsOf[snapshot] = rows;
            Network.Send(
                () => Guard(() => OnSaved(generation, epoch, id, shard, snapshot)),
                () => SendSave(generation, epoch, id, shard, isDelayed: false),
                null);
        }
        catch (InvalidOperationException error)
        {
            if (generation == Generation && epoch == _epoch && id == _saving) Guard(() => throw Broken($"snapshot {id} at shard {shard} failed: {error.Message}"));
        }
        catch (OperationCanceledException)
        {
            // The history is over: its shards are disposed.
        }
    }

    void OnSaved(int generation, int epoch, long id, int shard, ShardSnapshot snapshot)
    {
        if (generation != Generation || epoch != _epoch || id != _saving) return;
        _saved[shard] ??= (snapshot, _rowsOf[snapshot]);
        if (_saved.Any(s => s is null)) return;
        Publish(id, [.. _saved.Select(s => s!.Value)]);
        _saving = -1;
        if (id == 0) EndEpoch();
        else OnFinished();
    }

    void Publish(long id, (ShardSnapshot Snapshot, float[] Rows)[] shards)
    {
        ShardSnapshot first = shards[0].Snapshot;
        foreach ((ShardSnapshot snapshot, float[] rows) in shards)
        {
            if (snapshot.Epoch != first.Epoch || !snapshot.NextSteps.SequenceEqual(first.NextSteps) || !snapshot.Ended.SequenceEqual(first.Ended))
                throw Broken($"snapshot {id}: shards at {Vector(first)} and {Vector(snapshot)}");
            CheckContent($"snapshot {id}", snapshot.NextSteps, rows, snapshot.Dense[0], snapshot.AppliedSteps);
        }

        bool isEpoch = id == 0;
        _published = new Published(
            isEpoch ? (2 * _epoch) + 2 : id,
            isEpoch ? _epoch + 1 : _epoch,
            isEpoch ? new long[Plan.Workers] : [.. first.NextSteps],
            [.. shards.Select(s => s.Rows)],
            [.. shards.Select(s => s.Snapshot.Dense[0])],
            first.AppliedSteps);
        if (_published.Epoch == Plan.Epochs) _published = _published with { Epoch = _epoch, NextSteps = [.. first.NextSteps] };
    }

    string DescribeDriver() => $"epoch {_epoch}, saving {_saving}, {_unacknowledged} shards to begin, {_captures.Count} captures, {Network.Count} messages";

    static string Vector(ShardSnapshot s) => $"epoch {s.Epoch} ({string.Join(", ", s.NextSteps)}; {string.Join(", ", s.Ended)})";

    sealed record Begun(int Generation, int Epoch, long[] First, int Shard)
    {
        public bool IsAcknowledged { get; set; }
    }

    sealed record Published(long Id, int Epoch, long[] NextSteps, float[][] Rows, DenseSlice[] Dense, long AppliedSteps);
}
