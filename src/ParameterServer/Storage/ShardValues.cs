namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>A shard's rows of one dense tensor.</summary>
/// <param name="Tensor">Index in the layout.</param>
/// <param name="Values">The elements of the shard's rows, row-major, of the tensor's element type, as bytes.</param>
/// <param name="States">
/// The states in the checkpoint's order, as bytes: for each row of d elements, k blocks of d; null to keep (write) or when
/// stateless (read).
/// </param>
public sealed record DenseSlice(int Tensor, byte[] Values, byte[]? States);

/// <summary>What <see cref="Client.IShardChannel.PruneAsync"/> drops.</summary>
/// <param name="Table">Index in the layout; −1 for every table.</param>
/// <param name="MaxAge">Age every row by one and drop those whose age is above; null: no ageing.</param>
/// <param name="Epsilon">Drop rows whose weights are all ≤ this in magnitude (states ignored); null: none.</param>
/// <param name="All">Drop every row.</param>
public sealed record PruneRequest(int Table = -1, int? MaxAge = null, double? Epsilon = null, bool All = false);

/// <summary>The size of a shard.</summary>
/// <param name="Tables">By table index: rows and bytes of native memory.</param>
/// <param name="AppliedSteps">Updates applied since training began.</param>
public sealed record ShardStatistics(IReadOnlyList<TableStatistics> Tables, long AppliedSteps);

/// <summary>The size of a shard's part of one table.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Bytes">Native memory held, index and slabs.</param>
public readonly record struct TableStatistics(long Rows, long Bytes);
