namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>Runs continuations one at a time, in the order that a seeded history chooses, on the thread of the history.</summary>
sealed class Pump : SynchronizationContext
{
    readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];

    public int Count => _ready.Count;

    public override void Post(SendOrPostCallback d, object? state) => _ready.Add((d, state));

    public override SynchronizationContext CreateCopy() => this;

    public void Run(int index)
    {
        (SendOrPostCallback callback, object? state) = _ready[index];
        _ready.RemoveAt(index);
        callback(state);
    }

    public void Clear() => _ready.Clear();
}

/// <summary>A clock that stands still: waits of a history end by events alone.</summary>
sealed class StillClock : TimeProvider
{
    public static StillClock Instance { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => s_none;

    static readonly ITimer s_none = new NoTimer();

    sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
