using Grpc.Core;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Steps;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>A shard's errors on the wire: a status with a kind beside it, from which the caller makes the same exception again.</summary>
static class WireError
{
    const string KindKey = "metaspore-error";
    const int MaxDetail = 4000;

    /// <summary>What a service throws for an error.</summary>
    public static RpcException ToRpc(Exception error) => error switch
    {
        RpcException rpc => rpc,
        BadInputException => Make(StatusCode.InvalidArgument, "bad-input", error),
        FencedException => Make(StatusCode.PermissionDenied, "fenced", error),
        ShardCapacityException => Make(StatusCode.ResourceExhausted, "capacity", error),
        TimeoutException => Make(StatusCode.DeadlineExceeded, "timeout", error),
        ArgumentException => Make(StatusCode.InvalidArgument, "argument", error),
        IOException or UnauthorizedAccessException => Make(StatusCode.Internal, "file", error),
        OperationCanceledException => Make(StatusCode.Unavailable, "stopping", error),
        _ => Make(StatusCode.FailedPrecondition, "failed", error),
    };

    /// <summary>The exception that the shard reported; null when the way to it failed and the call may be repeated.</summary>
    public static Exception? FromRpc(RpcException error)
    {
        string detail = error.Status.Detail;
        return error.Trailers.GetValue(KindKey) switch
        {
            "bad-input" => new BadInputException(detail, error),
            "fenced" => new FencedException(detail),
            "capacity" => new ShardCapacityException(detail),
            "timeout" => new TimeoutException(detail, error),
            "argument" => new ArgumentException(detail, error),
            "file" => new IOException(detail, error),
            "refused" => new BadInputException(detail, error),
            "failed" => new InvalidOperationException(detail, error),
            "stopping" => null,
            _ => error.StatusCode switch
            {
                StatusCode.ResourceExhausted => new BadInputException($"the message is larger than the peer takes: {detail}", error),
                StatusCode.Unimplemented => new BadInputException($"the endpoint is no shard of this build: {detail}", error),
                _ => null,
            },
        };
    }

    /// <summary>What a caller without the right to call gets.</summary>
    public static RpcException Refused(string message) =>
        new(new Status(StatusCode.Unauthenticated, message), new Metadata { { KindKey, "refused" } });

    static RpcException Make(StatusCode code, string kind, Exception error)
    {
        string detail = error.Message.Length <= MaxDetail ? error.Message : error.Message[..MaxDetail];
        return new RpcException(new Status(code, detail), new Metadata { { KindKey, kind } }, detail);
    }
}
