using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>Serves exchange streams: one request, one answer, in turn.</summary>
/// <remarks>
/// An exchange whose caller has gone gives up its waits for other workers, but never leaves a step half applied: the caller's
/// retry on another stream waits for its end, and finds the step applied or makes it.
/// </remarks>
sealed class ExchangeService(HostedShard shard) : ExchangeServiceBase
{
    /// <inheritdoc/>
    public override async Task Exchange(IAsyncStreamReader<WireMessage> requests, IServerStreamWriter<WireMessage> answers, ServerCallContext context)
    {
        try
        {
            using ShardCodec codec = new(Format(context), shard.Options.MaxMessageBytes);
            using CancellationTokenSource stop =
                CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, shard.Stopping.Token);
            while (await requests.MoveNext(stop.Token))
            {
                using WireMessage request = requests.Current;
                await ExchangeAsync(codec, request, stop.Token);
                WireMessage answer = codec.Encode(shard.Channel.StopStep);
                await SendAsync(answers, answer, context);
            }
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw WireError.ToRpc(error);
        }
    }

    async Task ExchangeAsync(ShardCodec codec, WireMessage request, CancellationToken cancellationToken)
    {
        shard.Touch();
        long began = shard.Traffic.Begin();
        StepExchange? exchange = null;
        try
        {
            exchange = codec.Decode(request);
            using Activity? trace = ShardTraffic.Trace(exchange);
            await shard.Channel.ExchangeAsync(exchange, cancellationToken);
        }
        finally
        {
            if (exchange is not null) shard.Traffic.Lead(shard.Channel.LeadOf(exchange.Step.Partition));
            shard.Traffic.End(began, exchange ?? new StepExchange(), request.Bytes.ByteLength);
            shard.Touch();
        }
    }

    async Task SendAsync(IServerStreamWriter<WireMessage> answers, WireMessage answer, ServerCallContext context)
    {
        Task sent = answers.WriteAsync(answer, context.CancellationToken);
        if (!sent.IsCompletedSuccessfully)
        {
            try
            {
                await sent.WaitAsync(shard.Options.SendTimeout, shard.Options.Shard.TimeProvider, context.CancellationToken);
            }
            catch (TimeoutException)
            {
                // The abort ends the pending write, which reads the stream's memory; only then may that be freed.
                context.GetHttpContext().Abort();
                await sent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new TimeoutException($"the caller did not read an answer within {shard.Options.SendTimeout.TotalSeconds:0.###} s");
            }
        }

        shard.Traffic.Sent(answer.Content!.ByteLength);
    }

    ExchangeFormat Format(ServerCallContext context)
    {
        if (shard.Layout is not { } layout) throw new InvalidOperationException("the shard is not configured yet");
        string? given = context.RequestHeaders.GetValue(WireProtocol.EncodingKey);
        const WireEncoding All = WireEncoding.BFloat16 | WireEncoding.DeltaKeys;
        if (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || ((WireEncoding)number & ~All) != 0)
            throw new BadInputException($"the stream asks for encoding '{given}'; expected a sum of 1 (bfloat16) and 2 (delta keys)");
        WireEncoding encoding = (WireEncoding)number;
        if (layout.Mode == TrainingMode.Sync && encoding.HasFlag(WireEncoding.BFloat16))
            throw new BadInputException("synchronous training exchanges float32: its result must not depend on the wire; leave bfloat16 out");
        return new ExchangeFormat(layout, shard.Number, shard.ShardCount, encoding);
    }
}
