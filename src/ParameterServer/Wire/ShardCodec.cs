using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>The shard's side of a stream: requests to exchanges, filled exchanges to answers. Not thread-safe.</summary>
sealed class ShardCodec : IDisposable
{
    readonly ExchangeFormat _format;
    readonly RecordBatchView _request;
    readonly BatchEncoder _answer;
    readonly StepExchange _exchange = new();
    readonly NativeBlock[] _keys;
    readonly NativeBuffer[] _pushKeys;
    readonly NativeBuffer[] _pushRows;
    readonly NativeBuffer[] _pullKeys;
    readonly NativeBuffer[] _pullRows;
    readonly NativeBuffer[] _dense;
    readonly WireMessage _message;
    readonly long _maxAnswerBytes;

    /// <summary>Creates the side of a new stream.</summary>
    /// <param name="format">Columns and encoding.</param>
    /// <param name="maxAnswerBytes">A request whose answer would be larger is refused before memory is taken for it.</param>
    public ShardCodec(ExchangeFormat format, long maxAnswerBytes)
    {
        _format = format;
        _maxAnswerBytes = maxAnswerBytes;
        _request = new RecordBatchView(format.Request, "request");
        _answer = new BatchEncoder(format.Answer, WireHeader.AnswerLength);
        _keys = new NativeBlock[format.Request.Columns.Count];
        _pushKeys = Buffers(format.Layout.Tables.Count);
        _pushRows = Buffers(format.Layout.Tables.Count);
        _pullKeys = Buffers(format.Layout.Tables.Count);
        _pullRows = Buffers(format.Layout.Tables.Count);
        _dense = Buffers(format.Layout.DenseTensors.Count);
        _message = new WireMessage { Content = _answer };
    }

    /// <summary>Reads a request.</summary>
    /// <returns>Its exchange, which borrows <paramref name="message"/>'s memory; valid until the next call.</returns>
    /// <exception cref="BadInputException">It is damaged, or not of this format.</exception>
    public StepExchange Decode(WireMessage message)
    {
        _exchange.Clear();
        ReadOnlySpan<byte> bytes = message.Bytes.AsSpan<byte>();
        (int headerLength, bool hasSchema) = WireHeader.ReadRequest(bytes, _format.Layout, _exchange);
        _request.Read(message.Bytes.Slice(headerLength, message.Bytes.ByteLength - headerLength), hasSchema);
        CheckAnswerLength(bytes);
        for (int table = 0; table < _format.Layout.Tables.Count; table++) DecodeTable(table, bytes);
        for (int tensor = 0; tensor < _format.Layout.DenseTensors.Count; tensor++)
        {
            NativeBlock gradient = _request.Values(_format.DensePushColumn(tensor));
            if (!gradient.IsEmpty) _exchange.DensePushes.Add(new DensePush(tensor, gradient));
            if (WireHeader.IsPulled(bytes, _format.Layout, tensor))
                _exchange.DensePulls.Add(new DensePull(tensor, _dense[tensor].Reserve<byte>(_format.DenseBytes(tensor))));
        }

        return _exchange;
    }

    /// <summary>The answer to the exchange that was decoded last and has been filled.</summary>
    /// <param name="stopStep">The step before which the worker is to mark and stop; −1: none.</param>
    public WireMessage Encode(long stopStep)
    {
        _answer.Clear();
        foreach (SparsePull pull in _exchange.SparsePulls) _answer.Set(pull.Table, pull.Rows);
        foreach (DensePull pull in _exchange.DensePulls) _answer.Set(_format.DensePullColumn(pull.Tensor), pull.Values);
        WireHeader.WriteAnswer(_answer.Header, _exchange.Step.Step, stopStep, _answer.HasSchema);
        _answer.Complete();
        return _message;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeBuffer buffer in _pushKeys.Concat(_pushRows).Concat(_pullKeys).Concat(_pullRows).Concat(_dense)) buffer.Dispose();
    }

    static NativeBuffer[] Buffers(int count) => [.. Enumerable.Range(0, count).Select(_ => new NativeBuffer())];

    void DecodeTable(int table, ReadOnlySpan<byte> message)
    {
        int column = ExchangeFormat.ColumnsPerTable * table;
        NativeBlock pushed = DecodeKeys(column, _pushKeys[table]);
        NativeBlock rows = DecodeRows(column + 1, _pushRows[table]);
        if (rows.ByteLength != pushed.ByteLength / sizeof(ulong) * _format.RowBytes(table))
        {
            throw new BadInputException(
                $"table '{_format.Layout.Tables[table].Name}': the request has {pushed.ByteLength / sizeof(ulong)} keys and {rows.ByteLength / _format.RowBytes(table)} rows");
        }

        if (!pushed.IsEmpty) _exchange.SparsePushes.Add(new SparsePush(table, pushed, rows));
        NativeBlock pulled = DecodeKeys(column + 2, _pullKeys[table]);
        if (pulled.IsEmpty) return;
        (bool readOnly, bool nanFill) = WireHeader.PullFlags(message, table);
        NativeBlock target = _pullRows[table].Reserve<byte>(pulled.ByteLength / sizeof(ulong) * _format.RowBytes(table));
        _exchange.SparsePulls.Add(new SparsePull(table, pulled, target, readOnly, nanFill));
    }

    // Keys that tables share are decoded once.
    NativeBlock DecodeKeys(int column, NativeBuffer buffer)
    {
        int source = _request.Source(column);
        _keys[column] = source == column ? Decode(_request.Values(column), buffer) : _keys[source];
        return _keys[column];
    }

    NativeBlock Decode(NativeBlock values, NativeBuffer buffer)
    {
        if (!_format.HasDeltaKeys) return values;
        NativeBlock keys = buffer.Reserve<ulong>(DeltaKeys.Count(values.AsSpan<byte>()));
        DeltaKeys.Decode(values.AsSpan<byte>(), keys.AsSpan<ulong>());
        return keys;
    }

    NativeBlock DecodeRows(int column, NativeBuffer buffer)
    {
        NativeBlock values = _request.Values(column);
        if (_format.Request.Columns[column].Kind != WireColumnKind.BFloat16) return values;
        NativeBlock rows = buffer.Reserve<byte>(2 * values.ByteLength);
        BFloat16.ToSingle(values.AsSpan<ushort>(), rows.AsSpan<float>());
        return rows;
    }

    void CheckAnswerLength(ReadOnlySpan<byte> message)
    {
        long length = 0;
        for (int table = 0; table < _format.Layout.Tables.Count; table++)
        {
            NativeBlock keys = _request.Values((ExchangeFormat.ColumnsPerTable * table) + 2);
            long count = _format.HasDeltaKeys ? DeltaKeys.Count(keys.AsSpan<byte>()) : keys.ByteLength / sizeof(ulong);
            length += count * _format.RowBytes(table);
        }

        for (int tensor = 0; tensor < _format.Layout.DenseTensors.Count; tensor++)
            if (WireHeader.IsPulled(message, _format.Layout, tensor)) length += _format.DenseBytes(tensor);
        if (length > _maxAnswerBytes)
            throw new BadInputException($"the request asks for {length} bytes of rows; the limit of a message is {_maxAnswerBytes}: use smaller batches, or raise the limit");
    }
}
