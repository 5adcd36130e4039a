namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>A worker of one attempt: sends its exchanges to all shards, one after the other, and repeats what gets no answer.</summary>
sealed class SimulatedWorker(History history, int generation, int partition, int epoch, long first)
{
    readonly List<PlannedExchange> _exchanges = history.Plan.Exchanges(epoch, partition, first);
    readonly bool[] _answered = new bool[history.Plan.Shards];
    readonly int[] _copies = new int[history.Plan.Shards];
    int _current = -1;

    public int Partition => partition;

    public int Epoch => epoch;

    public int Generation => generation;

    public bool IsFinished { get; private set; }

    /// <summary>The step after the newest one that may have reached a shard.</summary>
    public long Sent { get; private set; } = first;

    public PlannedExchange Current => _exchanges[_current];

    public void Start() => Next();

    /// <summary>Sends the current exchange again to every shard, as a worker does that does not know that it was replaced.</summary>
    public void Haunt()
    {
        for (int s = 0; s < _answered.Length && !IsFinished && _current >= 0; s++) Send(s, isDelayed: true);
    }

    public void OnAnswer(int exchange, int shard, float[] rows)
    {
        if (exchange != _current || IsFinished) return;
        _copies[shard]--;
        if (_answered[shard]) return;
        if (!Current.IsEnd) history.CheckPull(this, rows);
        _answered[shard] = true;
        if (_answered.All(a => a)) Next();
    }

    /// <summary>A copy of a request, or its answer, was lost.</summary>
    public void OnLost(int exchange, int shard)
    {
        if (exchange != _current || IsFinished || _answered[shard]) return;
        if (--_copies[shard] == 0) Send(shard, isDelayed: false);
    }

    public void OnFailed(int exchange, Exception error)
    {
        if (exchange == _current && !IsFinished && generation == history.Generation)
            throw new InvalidOperationException($"partition {partition} of epoch {epoch}: {Current} failed: {error.Message}", error);
    }

    public override string ToString() =>
        $"partition {partition} epoch {epoch}, {(IsFinished ? "finished" : _current < 0 ? "not started" : $"at {Current}")}";

    void Next()
    {
        if (++_current == _exchanges.Count)
        {
            IsFinished = true;
            history.OnFinished();
            return;
        }

        if (Current.Step >= 0) Sent = Current.Step + 1;
        for (int s = 0; s < _answered.Length; s++)
        {
            _answered[s] = false;
            _copies[s] = 0;
            Send(s, isDelayed: false);
        }
    }

    void Send(int shard, bool isDelayed)
    {
        int exchange = _current;
        _copies[shard]++;
        history.Network.Send(
            () => history.Serve(this, exchange, _exchanges[exchange], shard),
            () => OnLost(exchange, shard),
            () =>
            {
                if (exchange == _current && !IsFinished) Send(shard, isDelayed: true);
            },
            isDelayed);
    }
}
