namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>A wall clock and a steady clock that are set apart. The lease's timer fires when the test says so, deadlines never.</summary>
sealed class SeparateClocks : TimeProvider
{
    readonly List<Action> _periodic = [];

    public DateTimeOffset Wall { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

    public TimeSpan Elapsed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Wall;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period > TimeSpan.Zero) _periodic.Add(() => callback(state));
        return TimeProvider.System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Tick() => _periodic.ForEach(timer => timer());
}
