using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>What must hold.</summary>
sealed partial class History
{
    static readonly object s_brokenKey = new();

    readonly Dictionary<ShardSnapshot, float[]> _rowsOf = new(ReferenceEqualityComparer.Instance);
    Exception? _failure;

    /// <summary>Rows that a worker pulled: whole steps, all of its own, and of others no more than they have sent.</summary>
    public void CheckPull(SimulatedWorker worker, float[] rows)
    {
        if (worker.Generation != Generation) return;
        if (rows.Any(r => r != rows[0])) throw Broken($"{worker} sees half a step: {string.Join(", ", rows)}");
        if (Plan.Mode == TrainingMode.Sync)
        {
            long[] common = [.. Enumerable.Repeat(worker.Sent, Plan.Workers)];
            if (rows[0] != Plan.Weight(_epoch, common)) throw Broken($"{worker} pulls {rows[0]}, expected {Plan.Weight(_epoch, common)}");
            return;
        }

        long[] seen = Plan.Seen(_epoch, rows[0]);
        if (seen[worker.Partition] != worker.Sent) throw Broken($"{worker} sees {seen[worker.Partition]} of its own {worker.Sent} steps");
        bool waits = Plan.Mode == TrainingMode.BoundedStaleness && worker.Current.Step >= 0;
        foreach (SimulatedWorker other in _workers)
        {
            long count = seen[other.Partition];
            long least = waits ? Math.Min(Plan.Steps(_epoch, other.Partition), worker.Current.Step + 1 - Plan.Bound) : 0;
            if (count > other.Sent || count < least) throw Broken($"{worker} sees {count} steps of {other}, expected {least} to {other.Sent}");
        }
    }

    void CheckEnd()
    {
        for (int s = 0; s < Plan.Shards; s++)
        {
            Shard shard = _shards[^(Plan.Shards - s)];
            Task<ShardSnapshot> reading = shard.CaptureAsync(new SnapshotRequest(0, ""), (_, _) => new([]), CancellationToken.None).AsTask();
            if (!reading.IsCompletedSuccessfully) continue;
            ShardSnapshot state = reading.Result;
            if (state.Ended.Contains(false)) throw Broken($"shard {s}: an end was lost: {Vector(state)}");
            for (int p = 0; p < Plan.Workers; p++)
                if (state.NextSteps[p] != Plan.Steps(_epoch, p)) throw Broken($"shard {s} has {state.NextSteps[p]} steps of partition {p}, expected {Plan.Steps(_epoch, p)}");
            CheckContent($"the end at shard {s}", state.NextSteps, Read(shard), state.Dense[0], state.AppliedSteps);
        }

        if (_failure is not null) throw _failure;
    }

    void CheckContent(string what, IReadOnlyList<long> next, float[] rows, DenseSlice dense, long updates)
    {
        float expected = Plan.Weight(_epoch, next), value = BitConverter.ToSingle(dense.Values);
        if (rows.Any(r => r != expected) && (expected != 0 || rows.Any(r => r != 0)))
            throw Broken($"{what}: rows {string.Join(", ", rows)}, expected {expected}");
        if (value != expected) throw Broken($"{what}: dense {value}, expected {expected}");
        if (updates != Plan.Updates(_epoch, next)) throw Broken($"{what}: {updates} updates, expected {Plan.Updates(_epoch, next)}");
    }

    float[] Read(Shard shard)
    {
        NativeBlock rows = _memory.Rows();
        shard.Tables[0].Pull(_memory.Keys, rows, readOnly: true, nanFill: false);
        return rows.AsSpan<float>().ToArray();
    }

    // Rows that were never touched are absent, and read as zeros.
    float[] Read(TableCapture capture)
    {
        ulong[] keys = new ulong[capture.Count];
        byte[] rows = new byte[keys.Length * capture.RowBytes];
        capture.ReadKeys(0, keys);
        capture.ReadRows(0, keys, rows);
        float[] result = new float[Plan.Keys];
        for (int i = 0; i < keys.Length; i++) result[keys[i] - 1] = BitConverter.ToSingle(rows, i * capture.RowBytes);
        return result;
    }

    // Checks run inside continuations, where nobody catches: the first failure is kept for the loop.
    void Guard(Action check)
    {
        try
        {
            check();
        }
        catch (InvalidOperationException error)
        {
            _failure ??= error;
        }
    }
}
