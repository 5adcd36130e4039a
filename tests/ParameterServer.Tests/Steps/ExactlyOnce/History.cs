using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>One seeded history of a run: real shards, a network that loses, doubles, delays and reorders, and crashes.</summary>
sealed partial class History : IDisposable
{
    const int MaxEvents = 20000;

    readonly Random _random;
    readonly Memory _memory;
    readonly Pump _pump;
    readonly List<Shard> _shards = [];
    readonly List<(CancellationTokenSource Stop, int Generation)> _serving = [];
    SimulatedWorker[] _workers = [];
    int _crashes;

    public History(int seed, Memory memory, Pump pump)
    {
        _random = new Random(seed);
        _memory = memory;
        _pump = pump;
        _memory.Reset();
        Plan = new Plan(_random);
        Network = new Network(_random) { Faults = _random.Next(9) };
        _crashes = _random.Next(3) == 0 ? _random.Next(1, 3) : 0;
    }

    public Plan Plan { get; }

    public Network Network { get; }

    public int Generation { get; private set; }

    /// <summary>Runs the history to its end.</summary>
    /// <exception cref="InvalidOperationException">A rule was broken.</exception>
    public void Run()
    {
        Recover();
        for (int events = 0; !_isDone; events++)
        {
            if (_failure is not null) throw _failure;
            if (events == MaxEvents) throw Broken("the run does not end");
            if (_pump.Count > 0 && _random.Next(2) == 0)
            {
                _pump.Run(_random.Next(_pump.Count));
                continue;
            }

            if (_crashes > 0 && _random.Next(60) == 0)
            {
                _crashes--;
                Crash();
            }

            if (Network.Faults > 0 && _serving.Count > 0 && _random.Next(40) == 0)
            {
                Network.Faults--;
                _serving[_random.Next(_serving.Count)].Stop.Cancel();
            }

            if (_random.Next(8) == 0 && Act()) continue;
            if (Network.Step() || _pump.Count > 0 || Act()) continue;
            throw Broken("nothing happens any more");
        }

        CheckEnd();
    }

    /// <summary>A request has arrived at a shard.</summary>
    public async void Serve(SimulatedWorker worker, int exchange, PlannedExchange planned, int shard)
    {
        NativeBlock rows = _memory.Rows();
        NativeBlock gradient = _memory.Rows();
        gradient.AsSpan<float>().Fill(Plan.Gradient(worker.Partition));
        StepExchange request = Request(worker, planned, rows, gradient);
        (CancellationTokenSource, int) serving = (new CancellationTokenSource(), worker.Generation);
        _serving.Add(serving);
        int generation = Generation;
        try
        {
            await _shards[^(Plan.Shards - shard)].ExchangeAsync(request, serving.Item1.Token);
            if (worker.Generation != generation) throw Broken($"attempt {worker.Generation} was served by attempt {generation}");
            float[] answer = rows.AsSpan<float>().ToArray();
            Network.Send(() => worker.OnAnswer(exchange, shard, answer), () => worker.OnLost(exchange, shard), null);
        }
        catch (OperationCanceledException)
        {
            worker.OnLost(exchange, shard);
        }
        catch (Exception error) when (error.Data[s_brokenKey] is null)
        {
            if (generation == Generation) Guard(() => worker.OnFailed(exchange, error));
        }
        catch (Exception error)
        {
            _failure ??= error;
        }
        finally
        {
            _serving.Remove(serving);
            gradient.AsSpan<float>().Fill(float.NaN);
        }
    }

    public void Dispose()
    {
        _pump.Clear();
        foreach (Shard shard in _shards) shard.Dispose();
    }

    public override string ToString() =>
        $"{Plan.Mode} (bound {Plan.Bound}), {Plan.Workers} workers, {Plan.Shards} shards, depth {Plan.Depth}, attempt {Generation}, " +
        $"event {Network.Now}: {string.Join("; ", _workers.Select(w => w.ToString()))}; {DescribeDriver()}";

    StepExchange Request(SimulatedWorker worker, PlannedExchange planned, NativeBlock rows, NativeBlock gradient)
    {
        StepExchange request = new()
        {
            Step = new StepKey(Plan.Layout(1).RunId, worker.Generation, worker.Epoch, worker.Partition, planned.Step),
            Fingerprint = (ulong)((worker.Epoch * 100) + (worker.Partition * 10) + planned.Step + 1),
            RowCount = planned.Step >= 0 ? worker.Partition + 1 : 0,
            EndOfPartition = planned.IsEnd,
            SnapshotId = planned.Snapshot,
        };
        if (planned.Step >= 0)
        {
            request.SparsePushes.Add(new SparsePush(0, _memory.Keys, gradient));
            request.DensePushes.Add(new DensePush(0, gradient.Slice(0, sizeof(float))));
        }

        if (!planned.IsEnd) request.SparsePulls.Add(new SparsePull(0, _memory.Keys, rows, false, false));
        return request;
    }

    InvalidOperationException Broken(string what)
    {
        InvalidOperationException error = new($"{what}. {this}");
        error.Data[s_brokenKey] = true;
        return error;
    }
}

/// <summary>Native memory of a thread's histories: shared keys, and the rows of each request.</summary>
sealed class Memory : IDisposable
{
    const int Slots = 1 << 14;
    const int RowBytes = Plan.Keys * sizeof(ulong);

    readonly NativeBuffer _keys = new();
    readonly NativeBuffer _rows = new();
    readonly NativeBlock _all;
    int _used;

    public Memory()
    {
        Keys = _keys.Reserve<ulong>(Plan.Keys);
        for (int i = 0; i < Plan.Keys; i++) Keys.AsSpan<ulong>()[i] = (ulong)i + 1;
        _all = _rows.Reserve<byte>((long)Slots * RowBytes);
    }

    public NativeBlock Keys { get; }

    public NativeBlock Rows() => Wide().Slice(0, Plan.Keys * sizeof(float));

    /// <summary>Room for keys.</summary>
    public NativeBlock Wide() => _all.Slice((long)(_used++ % Slots) * RowBytes, RowBytes);

    public void Fill(float[] values, out SparsePush rows)
    {
        NativeBlock block = Rows();
        values.CopyTo(block.AsSpan<float>());
        rows = new SparsePush(0, Keys, block);
    }

    public void Reset() => _used = 0;

    public void Dispose()
    {
        _keys.Dispose();
        _rows.Dispose();
    }
}
