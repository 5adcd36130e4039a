using System.Diagnostics;
using System.Diagnostics.Metrics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// Counts what passes through a shard, for its statistics, as metrics of the meter <c>MetaSpore.Spark.Shard</c> and as traces of
/// the source of the same name. Thread-safe.
/// </summary>
sealed class ShardTraffic : IDisposable
{
    /// <summary>Name of the meter and of the trace source.</summary>
    public const string SourceName = "MetaSpore.Spark.Shard";

    static readonly ActivitySource s_source = new(SourceName);

    readonly Meter _meter = new(SourceName);
    readonly Counter<long> _pulledRows;
    readonly Counter<long> _pushedRows;
    readonly Counter<long> _receivedBytes;
    readonly Counter<long> _sentBytes;
    readonly Histogram<double> _duration;
    readonly Histogram<long> _staleness;
    readonly UpDownCounter<long> _active;

    /// <summary>Creates the instruments.</summary>
    /// <param name="tables">Name, rows and bytes of every table, asked for when metrics are collected.</param>
    public ShardTraffic(Func<IEnumerable<(string Name, long Rows, long Bytes)>> tables)
    {
        _pulledRows = _meter.CreateCounter<long>("metaspore.shard.rows.pulled", "{row}", "Rows read for workers");
        _pushedRows = _meter.CreateCounter<long>("metaspore.shard.rows.pushed", "{row}", "Row gradients received");
        _receivedBytes = _meter.CreateCounter<long>("metaspore.shard.received", "By", "Bytes of exchange requests");
        _sentBytes = _meter.CreateCounter<long>("metaspore.shard.sent", "By", "Bytes of exchange answers");
        _duration = _meter.CreateHistogram<double>("metaspore.shard.exchange.duration", "s", "Applying, waiting for other workers, and reading");
        _staleness = _meter.CreateHistogram<long>("metaspore.shard.staleness", "{step}", "Steps by which the sender is ahead of the slowest worker");
        _active = _meter.CreateUpDownCounter<long>("metaspore.shard.exchanges.active", "{exchange}", "Exchanges being served");
        _meter.CreateObservableGauge("metaspore.table.rows", () => tables().Select(t => Measure(t.Rows, t.Name)), "{row}", "Rows of a table");
        _meter.CreateObservableGauge("metaspore.table.memory", () => tables().Select(t => Measure(t.Bytes, t.Name)), "By", "Native memory of a table");
    }

    long _pulled;
    long _pushed;
    long _received;
    long _sent;
    long _microseconds;
    long _exchanges;

    /// <summary>Rows pulled and pushed, bytes received and sent, microseconds in the shard, exchanges; since the start.</summary>
    public (long Pulled, long Pushed, long Received, long Sent, long Microseconds, long Exchanges) Read() => (
        Interlocked.Read(ref _pulled), Interlocked.Read(ref _pushed), Interlocked.Read(ref _received),
        Interlocked.Read(ref _sent), Interlocked.Read(ref _microseconds), Interlocked.Read(ref _exchanges));

    /// <summary>Marks the beginning of an exchange.</summary>
    /// <returns>The moment, for <see cref="End"/>.</returns>
    public long Begin()
    {
        _active.Add(1);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>Begins the trace of an exchange; null when nobody listens.</summary>
    public static Activity? Trace(StepExchange exchange)
    {
        Activity? activity = s_source.StartActivity("exchange", ActivityKind.Server);
        activity?.SetTag("metaspore.partition", exchange.Step.Partition).SetTag("metaspore.epoch", exchange.Step.Epoch).SetTag("metaspore.step", exchange.Step.Step);
        return activity;
    }

    /// <summary>Counts how far a worker is ahead of the slowest one.</summary>
    public void Lead(long steps) => _staleness.Record(steps);

    /// <summary>Counts an exchange that has ended, whether well or not.</summary>
    public void End(long began, StepExchange exchange, long received)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        long pulled = 0, pushed = 0;
        foreach (SparsePull pull in exchange.SparsePulls) pulled += pull.Keys.ByteLength / sizeof(ulong);
        foreach (SparsePush push in exchange.SparsePushes) pushed += push.Keys.ByteLength / sizeof(ulong);
        _active.Add(-1);
        _duration.Record(elapsed.TotalSeconds);
        _pulledRows.Add(pulled);
        _pushedRows.Add(pushed);
        _receivedBytes.Add(received);
        Interlocked.Add(ref _pulled, pulled);
        Interlocked.Add(ref _pushed, pushed);
        Interlocked.Add(ref _received, received);
        Interlocked.Add(ref _microseconds, (long)elapsed.TotalMicroseconds);
        Interlocked.Increment(ref _exchanges);
    }

    /// <summary>Counts an answer's bytes.</summary>
    public void Sent(long bytes)
    {
        _sentBytes.Add(bytes);
        Interlocked.Add(ref _sent, bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    static Measurement<long> Measure(long value, string table) => new(value, new KeyValuePair<string, object?>("table", table));
}
