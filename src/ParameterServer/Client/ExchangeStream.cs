using Grpc.Core;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>One bidirectional stream to a shard: a request, its answer, in turn. Not thread-safe.</summary>
sealed class ExchangeStream : IDisposable
{
    readonly AsyncDuplexStreamingCall<WireMessage, WireMessage> _call;
    readonly WorkerCodec _codec;

    /// <summary>Opens a stream.</summary>
    public ExchangeStream(CallInvoker invoker, ExchangeFormat format, Metadata headers)
    {
        _codec = new WorkerCodec(format);
        _call = invoker.AsyncDuplexStreamingCall(WireProtocol.Exchange, null, new CallOptions(headers));
    }

    /// <summary>Sends an exchange and waits for its answer.</summary>
    /// <returns>The step before which the worker is to mark and stop; −1: none.</returns>
    public async Task<long> ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        WireMessage request = _codec.Encode(exchange);
        try
        {
            await _call.RequestStream.WriteAsync(request, cancellationToken);
        }
        catch (Exception error) when (error is InvalidOperationException or RpcException { StatusCode: StatusCode.Cancelled } && !cancellationToken.IsCancellationRequested)
        {
            // The shard ended the call before all was written; why, comes where the answer would.
        }

        if (!await _call.ResponseStream.MoveNext(cancellationToken))
            throw new RpcException(new Status(StatusCode.Unavailable, "the shard closed the stream"));
        using WireMessage answer = _call.ResponseStream.Current;
        return _codec.Decode(answer, exchange);
    }

    /// <summary>Ends the stream.</summary>
    public void Dispose()
    {
        _call.Dispose();
        _codec.Dispose();
    }
}
