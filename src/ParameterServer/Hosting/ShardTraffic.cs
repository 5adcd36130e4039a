using System.Diagnostics;
using System.Diagnostics.Metrics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>Counts what passes through a shard, for its statistics and as metrics of the meter <c>MetaSpore.Spark.Shard</c>. Thread-safe.</summary>
sealed class ShardTraffic
{
    static readonly Meter s_meter = new("MetaSpore.Spark.Shard");
    static readonly Counter<long> s_pulled = s_meter.CreateCounter<long>("metaspore.shard.rows.pulled", "{row}", "Rows read for workers");
    static readonly Counter<long> s_pushed = s_meter.CreateCounter<long>("metaspore.shard.rows.pushed", "{row}", "Row gradients received");
    static readonly Counter<long> s_received = s_meter.CreateCounter<long>("metaspore.shard.bytes.received", "By", "Bytes of exchange requests");
    static readonly Counter<long> s_sent = s_meter.CreateCounter<long>("metaspore.shard.bytes.sent", "By", "Bytes of exchange answers");
    static readonly Histogram<double> s_apply = s_meter.CreateHistogram<double>("metaspore.shard.exchange.duration", "s", "Applying, waiting for other workers, and reading");
    static readonly UpDownCounter<long> s_queue = s_meter.CreateUpDownCounter<long>("metaspore.shard.exchanges.active", "{exchange}", "Exchanges being served");

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
    public static long Begin()
    {
        s_queue.Add(1);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>Counts an exchange that has ended, whether well or not.</summary>
    public void End(long began, StepExchange exchange, long received)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        long pulled = 0, pushed = 0;
        foreach (SparsePull pull in exchange.SparsePulls) pulled += pull.Keys.ByteLength / sizeof(ulong);
        foreach (SparsePush push in exchange.SparsePushes) pushed += push.Keys.ByteLength / sizeof(ulong);
        s_queue.Add(-1);
        s_apply.Record(elapsed.TotalSeconds);
        s_pulled.Add(pulled);
        s_pushed.Add(pushed);
        s_received.Add(received);
        Interlocked.Add(ref _pulled, pulled);
        Interlocked.Add(ref _pushed, pushed);
        Interlocked.Add(ref _received, received);
        Interlocked.Add(ref _microseconds, (long)elapsed.TotalMicroseconds);
        Interlocked.Increment(ref _exchanges);
    }

    /// <summary>Counts an answer's bytes.</summary>
    public void Sent(long bytes)
    {
        s_sent.Add(bytes);
        Interlocked.Add(ref _sent, bytes);
    }
}
