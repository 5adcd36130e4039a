using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>
/// Cuts one exchange into one for each shard: keys by a counting sort, gradients copied along, dense tensors as slices
/// without a copy; and puts the pulled rows back in the order of the request. Keeps its native memory from step to step.
/// Serves one exchange at a time.
/// </summary>
sealed class RequestSplitter : IDisposable
{
    readonly StoreLayout _layout;
    readonly int _shardCount;
    readonly DensePartition[][] _partitions;
    readonly Piece[] _pushes;
    readonly Piece[] _pulls;
    readonly StepExchange[] _exchanges;
    readonly Dictionary<NativeBlock, Piece> _sorted = [];

    /// <summary>Creates a splitter.</summary>
    public RequestSplitter(StoreLayout layout, int shardCount)
    {
        _layout = layout;
        _shardCount = shardCount;
        _partitions =
        [
            .. layout.DenseTensors.Select(
                t => Enumerable.Range(0, shardCount).Select(s => DensePartition.Of(t, s, shardCount)).ToArray()),
        ];
        _pushes = [.. layout.Tables.Select(_ => new Piece(shardCount))];
        _pulls = [.. layout.Tables.Select(_ => new Piece(shardCount))];
        _exchanges = [.. Enumerable.Range(0, shardCount).Select(_ => new StepExchange())];
    }

    /// <summary>Splits a request; the results borrow its memory and this object's.</summary>
    /// <returns>One exchange for each shard.</returns>
    public IReadOnlyList<StepExchange> Split(StepExchange request)
    {
        foreach (StepExchange exchange in _exchanges)
        {
            exchange.Clear();
            exchange.Step = request.Step;
            exchange.Fingerprint = request.Fingerprint;
            exchange.RowCount = request.RowCount;
            exchange.EndOfPartition = request.EndOfPartition;
            exchange.SnapshotId = request.SnapshotId;
        }

        _sorted.Clear();
        foreach (SparsePush push in request.SparsePushes)
        {
            Piece piece = _pushes[push.Table];
            Sort(piece, push.Keys, RowBytes(push.Table));
            piece.Gather(push.Gradients);
            for (int s = 0; s < _shardCount; s++)
            {
                if (piece.Count(s) > 0) _exchanges[s].SparsePushes.Add(new SparsePush(push.Table, piece.Keys(s), piece.Rows(s)));
            }
        }

        foreach (SparsePull pull in request.SparsePulls)
        {
            Piece piece = _pulls[pull.Table];
            Sort(piece, pull.Keys, RowBytes(pull.Table));
            for (int s = 0; s < _shardCount; s++)
            {
                if (piece.Count(s) > 0) _exchanges[s].SparsePulls.Add(pull with { Keys = piece.Keys(s), Rows = piece.Rows(s) });
            }
        }

        foreach (DensePush push in request.DensePushes)
        {
            for (int s = 0; s < _shardCount; s++)
            {
                NativeBlock slice = Slice(push.Tensor, s, push.Gradient);
                if (!slice.IsEmpty) _exchanges[s].DensePushes.Add(push with { Gradient = slice });
            }
        }

        foreach (DensePull pull in request.DensePulls)
        {
            for (int s = 0; s < _shardCount; s++)
            {
                NativeBlock slice = Slice(pull.Tensor, s, pull.Values);
                if (!slice.IsEmpty) _exchanges[s].DensePulls.Add(pull with { Values = slice });
            }
        }

        return _exchanges;
    }

    /// <summary>Copies the rows that the shards have filled to where the request wants them.</summary>
    public void Scatter(StepExchange request)
    {
        foreach (SparsePull pull in request.SparsePulls) _pulls[pull.Table].Scatter(pull.Rows);
    }

    /// <summary>A shard's rows of a dense tensor within a block that holds all of them.</summary>
    public NativeBlock Slice(int tensor, int shard, NativeBlock whole)
    {
        long rows = _layout.DenseTensors[tensor].Shape[0];
        if (rows == 0) return default;
        DensePartition part = _partitions[tensor][shard];
        long rowBytes = whole.ByteLength / rows;
        return whole.Slice(part.Begin * rowBytes, part.Count * rowBytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Piece piece in _pushes.Concat(_pulls)) piece.Dispose();
    }

    // Tables of one schema have their keys in the same memory: those are sorted once, and stay in the same memory.
    void Sort(Piece piece, NativeBlock keys, int rowBytes)
    {
        if (_sorted.TryGetValue(keys, out Piece? same))
        {
            piece.Share(same, rowBytes);
            return;
        }

        _sorted.Add(keys, piece);
        piece.Sort(keys, rowBytes);
    }

    int RowBytes(int table)
    {
        SparseTableSpec spec = _layout.Tables[table];
        return spec.Dimension * spec.ElementType.ByteSize();
    }

    /// <summary>The keys of one table of a request, sorted by shard.</summary>
    sealed class Piece(int shardCount) : IDisposable
    {
        readonly NativeBuffer _keys = new();
        readonly NativeBuffer _positions = new();
        readonly NativeBuffer _rows = new();
        readonly int[] _ends = new int[shardCount];
        NativeBlock _sortedKeys;
        NativeBlock _sortedPositions;
        NativeBlock _sortedRows;
        int _rowBytes;

        public int Count(int shard) => _ends[shard] - Start(shard);

        public NativeBlock Keys(int shard) => _sortedKeys.Slice((long)Start(shard) * sizeof(ulong), (long)Count(shard) * sizeof(ulong));

        public NativeBlock Rows(int shard) => _sortedRows.Slice((long)Start(shard) * _rowBytes, (long)Count(shard) * _rowBytes);

        public void Sort(NativeBlock keyBlock, int rowBytes)
        {
            ReadOnlySpan<ulong> keys = keyBlock.AsSpan<ulong>();
            _rowBytes = rowBytes;
            _sortedKeys = _keys.Reserve<ulong>(keys.Length);
            _sortedPositions = _positions.Reserve<int>(keys.Length);
            _sortedRows = _rows.Reserve<byte>((long)keys.Length * rowBytes);
            Array.Clear(_ends);
            foreach (ulong key in keys) _ends[KeyPartitioner.ShardOf(key, shardCount)]++;
            int start = 0;
            for (int s = 0; s < shardCount; s++)
            {
                int size = _ends[s];
                _ends[s] = start;
                start += size;
            }

            Span<ulong> sortedKeys = _sortedKeys.AsSpan<ulong>();
            Span<int> positions = _sortedPositions.AsSpan<int>();
            for (int i = 0; i < keys.Length; i++)
            {
                int at = _ends[KeyPartitioner.ShardOf(keys[i], shardCount)]++;
                sortedKeys[at] = keys[i];
                positions[at] = i;
            }
        }

        public void Share(Piece same, int rowBytes)
        {
            _rowBytes = rowBytes;
            _sortedKeys = same._sortedKeys;
            _sortedPositions = same._sortedPositions;
            _sortedRows = _rows.Reserve<byte>(_sortedPositions.ByteLength / sizeof(int) * rowBytes);
            same._ends.CopyTo(_ends, 0);
        }

        public void Gather(NativeBlock rows) => RowCopy.Gather(rows, _sortedPositions.AsSpan<int>(), _rowBytes, _sortedRows);

        public void Scatter(NativeBlock rows) => RowCopy.Scatter(_sortedRows, _sortedPositions.AsSpan<int>(), _rowBytes, rows);

        public void Dispose()
        {
            _keys.Dispose();
            _positions.Dispose();
            _rows.Dispose();
        }

        int Start(int shard) => shard == 0 ? 0 : _ends[shard - 1];
    }
}
