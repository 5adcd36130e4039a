using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MetaSpore.Spark.ParameterServer.Steps;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>Refuses calls without the job's secret (compared in constant time), of another job or protocol version, or for another shard.</summary>
sealed class CallerCheck(ShardHostOptions options, HostedShard shard) : Interceptor
{
    readonly byte[] _bearer = Encoding.ASCII.GetBytes(WireProtocol.Bearer(options.Secret.Span));

    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    void CheckAddress(string wanted)
    {
        if (!ShardAddress.TryParse(wanted, out ShardAddress address))
            throw WireError.Refused($"the caller looks for shard '{wanted}'; expected run/attempt/shard/shards");
        if (shard.Layout is not { } layout) return;
        try
        {
            Attempt.Check(layout, address.RunId, address.Generation);
        }
        catch (Exception error) when (error is FencedException or InvalidOperationException)
        {
            throw WireError.ToRpc(error);
        }

        if ((address.Shard, address.ShardCount) != (shard.Number, shard.ShardCount))
        {
            throw WireError.Refused(
                $"the endpoint is shard {shard.Number} of {shard.ShardCount}, the caller looks for shard {address.Shard} of {address.ShardCount}; the endpoints are in another order");
        }
    }

    void Check(ServerCallContext context)
    {
        if (context.Method.StartsWith("/grpc.health.", StringComparison.Ordinal)) return;
        Metadata headers = context.RequestHeaders;
        byte[] given = Encoding.ASCII.GetBytes(headers.GetValue(WireProtocol.SecretKey) ?? "");
        if (!CryptographicOperations.FixedTimeEquals(given, _bearer))
            throw WireError.Refused("the secret is missing or wrong: the caller belongs to another job, or to none; both need the same secret file");
        if (headers.GetValue(WireProtocol.JobKey) is var job && job != options.JobId)
            throw WireError.Refused($"the shard belongs to job '{options.JobId}', the caller to job '{job}'; the endpoint is out of date: start the job again");
        string version = WireProtocol.Version.ToString(CultureInfo.InvariantCulture);
        if (headers.GetValue(WireProtocol.VersionKey) is var found && found != version)
            throw WireError.Refused($"the shard speaks protocol version {version}, the caller version '{found}'; use the same build on both sides");
        if (headers.GetValue(WireProtocol.ShardKey) is { } wanted) CheckAddress(wanted);
    }
}
