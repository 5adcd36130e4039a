using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>The worker's side of a stream: exchanges to requests, answers to the exchanges' destinations. Not thread-safe.</summary>
sealed class WorkerCodec : IDisposable
{
    readonly ExchangeFormat _format;
    readonly BatchEncoder _request;
    readonly RecordBatchView _answer;
    readonly SortedKeys[] _pushes;
    readonly SortedKeys[] _pulls;
    readonly Dictionary<NativeBlock, (int Column, SortedKeys Keys)> _keys = [];
    readonly WireMessage _message;
    readonly NativeBuffer _scratch = new();

    /// <summary>Creates the side of a new stream.</summary>
    public WorkerCodec(ExchangeFormat format)
    {
        _format = format;
        _request = new BatchEncoder(format.Request, WireHeader.RequestLength(format.Layout));
        _answer = new RecordBatchView(format.Answer, "answer");
        _pushes = [.. format.Layout.Tables.Select(_ => new SortedKeys())];
        _pulls = [.. format.Layout.Tables.Select(_ => new SortedKeys())];
        _message = new WireMessage { Content = _request };
    }

    /// <summary>The request of an exchange with one shard; the exchange's blocks must stay valid until it was sent.</summary>
    public WireMessage Encode(StepExchange exchange)
    {
        _request.Clear();
        _keys.Clear();
        foreach (SparsePush push in exchange.SparsePushes)
        {
            if (push.Keys.IsEmpty) continue;
            int column = ExchangeFormat.ColumnsPerTable * push.Table;
            SetKeys(column, _pushes[push.Table], push.Keys);
            _request.Set(column + 1, _format.HasDeltaKeys ? _pushes[push.Table].Gather(push.Gradients) : push.Gradients);
        }

        foreach (SparsePull pull in exchange.SparsePulls)
        {
            if (pull.Keys.IsEmpty) continue;
            SetKeys((ExchangeFormat.ColumnsPerTable * pull.Table) + 2, _pulls[pull.Table], pull.Keys);
        }

        foreach (DensePush push in exchange.DensePushes) _request.Set(_format.DensePushColumn(push.Tensor), push.Gradient);
        WireHeader.WriteRequest(_request.Header, exchange, _format.Layout, _request.HasSchema);
        _request.Complete();
        return _message;
    }

    /// <summary>Checks an answer and copies it to the exchange's destinations.</summary>
    /// <returns>The step before which the worker is to mark and stop; −1: none.</returns>
    /// <exception cref="BadInputException">It is damaged, or no answer to this exchange; nothing was copied.</exception>
    public long Decode(WireMessage message, StepExchange exchange)
    {
        (long step, long stopStep, bool hasSchema) = WireHeader.ReadAnswer(message.Bytes.AsSpan<byte>());
        if (step != exchange.Step.Step) throw new BadInputException($"the answer is for step {step}; expected step {exchange.Step.Step}");
        _answer.Read(message.Bytes.Slice(WireHeader.AnswerLength, message.Bytes.ByteLength - WireHeader.AnswerLength), hasSchema);
        foreach (SparsePull pull in exchange.SparsePulls) CheckLength(pull.Table, pull.Rows);
        foreach (DensePull pull in exchange.DensePulls) CheckLength(_format.DensePullColumn(pull.Tensor), pull.Values);
        foreach (SparsePull pull in exchange.SparsePulls) Take(pull);
        foreach (DensePull pull in exchange.DensePulls) Copy(_format.DensePullColumn(pull.Tensor), pull.Values);
        return stopStep;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SortedKeys keys in _pushes.Concat(_pulls)) keys.Dispose();
        _scratch.Dispose();
    }

    // Tables of one schema have their keys in the same memory: those are sorted once a message, and travel once.
    void SetKeys(int column, SortedKeys sorted, NativeBlock keys)
    {
        if (_keys.TryGetValue(keys, out (int Column, SortedKeys Keys) same))
        {
            if (_format.HasDeltaKeys) sorted.Share(same.Keys);
            _request.Share(column, same.Column);
            return;
        }

        _keys.Add(keys, (column, sorted));
        _request.Set(column, _format.HasDeltaKeys ? sorted.Encode(keys) : keys);
    }

    void Take(SparsePull pull)
    {
        if (!_format.HasDeltaKeys)
        {
            Copy(pull.Table, pull.Rows);
            return;
        }

        NativeBlock rows = _answer.Values(pull.Table);
        if (_format.Answer.Columns[pull.Table].Kind == WireColumnKind.BFloat16)
        {
            rows = _scratch.Reserve<byte>(pull.Rows.ByteLength);
            Copy(pull.Table, rows);
        }

        if (!rows.IsEmpty) _pulls[pull.Table].Scatter(rows, pull.Rows);
    }

    void Copy(int column, NativeBlock target)
    {
        NativeBlock values = _answer.Values(column);
        if (_format.Answer.Columns[column].Kind == WireColumnKind.BFloat16) BFloat16.ToSingle(values.AsSpan<ushort>(), target.AsSpan<float>());
        else values.AsSpan<byte>().CopyTo(target.AsSpan<byte>());
    }

    void CheckLength(int column, NativeBlock target)
    {
        bool isHalved = _format.Answer.Columns[column].Kind == WireColumnKind.BFloat16;
        long length = _answer.Values(column).ByteLength * (isHalved ? 2 : 1);
        if (length != target.ByteLength)
            throw new BadInputException($"column '{_format.Answer.Columns[column].Name}' of the answer has {length} bytes; expected {target.ByteLength}");
    }
}
