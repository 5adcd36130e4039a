using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>What a shard of another process is and has done since it started. Immutable.</summary>
/// <param name="Endpoint">Where it listens.</param>
/// <param name="Shard">Its number, from 0.</param>
/// <param name="ShardCount">Number of shards (S); 0 before it is configured.</param>
/// <param name="Generation">Attempt of the run.</param>
/// <param name="AppliedSteps">Updates applied since training began.</param>
/// <param name="Exchanges">Exchanges served.</param>
/// <param name="RowsPulled">Rows read for workers.</param>
/// <param name="RowsPushed">Row gradients received.</param>
/// <param name="BytesReceived">Bytes of exchange requests.</param>
/// <param name="BytesSent">Bytes of exchange answers.</param>
/// <param name="Busy">Time in exchanges, waits for other workers included.</param>
/// <param name="Tables">Name and size of every table.</param>
public sealed record ShardReport(
    Uri Endpoint,
    int Shard,
    int ShardCount,
    int Generation,
    long AppliedSteps,
    long Exchanges,
    long RowsPulled,
    long RowsPushed,
    long BytesReceived,
    long BytesSent,
    TimeSpan Busy,
    IReadOnlyList<(string Name, TableStatistics Size)> Tables);
