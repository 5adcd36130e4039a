using Apache.Arrow;
using Apache.Arrow.Ipc;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// The columns of the record batches that a worker and one shard exchange, derived from the layout, the shard and the
/// encoding on both sides. Immutable.
/// </summary>
/// <remarks>
/// Request: for table t <c>push_keys/{name}</c>, <c>push_rows/{name}</c>, <c>pull_keys/{name}</c>, then for every dense tensor
/// <c>push_dense/{name}</c>. Answer: <c>pull_rows/{name}</c>, then <c>pull_dense/{name}</c>. An empty list is an absent part.
/// </remarks>
sealed class ExchangeFormat
{
    /// <summary>Request columns of a table.</summary>
    public const int ColumnsPerTable = 3;

    readonly long[] _denseBytes;

    /// <summary>Derives the columns.</summary>
    public ExchangeFormat(StoreLayout layout, int shard, int shardCount, WireEncoding encoding)
    {
        Layout = layout;
        Encoding = encoding;
        _denseBytes = [.. layout.DenseTensors.Select(t => DenseLength(t, shard, shardCount) * t.ElementType.ByteSize())];
        WireColumnKind keys = HasDeltaKeys ? WireColumnKind.Bytes : WireColumnKind.Keys;
        List<WireColumn> request = [], answer = [];
        foreach (SparseTableSpec table in layout.Tables)
        {
            WireColumnKind rows = Kind(table.ElementType, HasBFloat16);
            request.Add(new($"push_keys/{table.Name}", keys, 1));
            request.Add(new($"push_rows/{table.Name}", rows, table.Dimension));
            request.Add(new($"pull_keys/{table.Name}", keys, 1));
            answer.Add(new($"pull_rows/{table.Name}", rows, table.Dimension));
        }

        foreach (DenseTensorSpec tensor in layout.DenseTensors)
        {
            request.Add(new($"push_dense/{tensor.Name}", Kind(tensor.ElementType, false), 1));
            answer.Add(new($"pull_dense/{tensor.Name}", Kind(tensor.ElementType, HasBFloat16), 1));
        }

        Request = new WireSchema(request);
        Answer = new WireSchema(answer);
    }

    /// <summary>What the shards hold.</summary>
    public StoreLayout Layout { get; }

    /// <summary>The encoding.</summary>
    public WireEncoding Encoding { get; }

    /// <summary>Whether float32 rows travel as bfloat16.</summary>
    public bool HasBFloat16 => Encoding.HasFlag(WireEncoding.BFloat16);

    /// <summary>Whether keys are sorted and delta-encoded.</summary>
    public bool HasDeltaKeys => Encoding.HasFlag(WireEncoding.DeltaKeys);

    /// <summary>Bytes of the shard's rows of a dense tensor, in its own type.</summary>
    public long DenseBytes(int tensor) => _denseBytes[tensor];

    /// <summary>Columns towards the shard.</summary>
    public WireSchema Request { get; }

    /// <summary>Columns from the shard.</summary>
    public WireSchema Answer { get; }

    /// <summary>Index of the request column of a dense tensor's gradient.</summary>
    public int DensePushColumn(int tensor) => (ColumnsPerTable * Layout.Tables.Count) + tensor;

    /// <summary>Index of the answer column of a dense tensor's values.</summary>
    public int DensePullColumn(int tensor) => Layout.Tables.Count + tensor;

    /// <summary>Bytes of a table's row, in its own type.</summary>
    public int RowBytes(int table) => Layout.Tables[table].Dimension * Layout.Tables[table].ElementType.ByteSize();

    static long DenseLength(DenseTensorSpec tensor, int shard, int shardCount) =>
        tensor.Shape[0] == 0 ? 0 : DensePartition.Of(tensor, shard, shardCount).Count * (tensor.ElementCount / tensor.Shape[0]);

    static WireColumnKind Kind(ElementType type, bool isHalved) =>
        type == ElementType.Float64 ? WireColumnKind.Float64 : isHalved ? WireColumnKind.BFloat16 : WireColumnKind.Float32;
}

/// <summary>Columns of one direction, and their Arrow schema message. Immutable.</summary>
sealed class WireSchema
{
    /// <summary>Makes the schema message.</summary>
    public WireSchema(IReadOnlyList<WireColumn> columns)
    {
        Columns = columns;
        NodeCount = columns.Sum(c => c.NodeCount);
        BufferCount = columns.Sum(c => c.BufferCount);
        Arrow = new Schema([.. columns.Select(c => c.ToField())], null);
        using MemoryStream stream = new();
        using (ArrowStreamWriter writer = new(stream, Arrow, leaveOpen: true)) writer.WriteStart();
        Message = stream.ToArray();
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<WireColumn> Columns { get; }

    /// <summary>Field nodes of a record batch.</summary>
    public int NodeCount { get; }

    /// <summary>Buffers of a record batch.</summary>
    public int BufferCount { get; }

    /// <summary>The Arrow schema.</summary>
    public Schema Arrow { get; }

    /// <summary>The encapsulated schema message of an Arrow IPC stream.</summary>
    public byte[] Message { get; }
}
