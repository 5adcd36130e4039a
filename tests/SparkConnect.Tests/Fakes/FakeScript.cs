using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect.Tests.Fakes;

/// <summary>What a fake server answers, and what it was asked.</summary>
sealed class FakeScript : IDisposable
{
    readonly CancellationTokenSource _end = new();

    /// <summary>Short waits, so that faults are over quickly.</summary>
    public static ConnectionTimes Quick { get; } = new()
    {
        Silence = TimeSpan.FromSeconds(30),
        Retries = new RetryPolicy { MaxRetries = 5, FirstWait = TimeSpan.FromMilliseconds(1), Factor = 1 },
        ConnectRetries = new RetryPolicy { MaxRetries = 1, FirstWait = TimeSpan.FromMilliseconds(1) },
    };

    /// <summary>All requests in the order in which they came.</summary>
    public ConcurrentQueue<IMessage> Requests { get; } = [];

    /// <summary>Headers of the last request.</summary>
    public Metadata? Headers { get; private set; }

    public string Version { get; init; } = "4.3.0";

    /// <summary>Answers a stream: ExecutePlan or ReattachExecute.</summary>
    public Func<IMessage, IServerStreamWriter<ExecutePlanResponse>, CancellationToken, Task> Stream { get; set; } =
        (_, _, _) => throw new RpcException(new Status(StatusCode.Unimplemented, "not in the script"));

    /// <summary>Answers another request; null for an empty answer of its type.</summary>
    public Func<IMessage, IMessage?> Answer { get; set; } = _ => null;

    public IEnumerable<T> Of<T>() where T : IMessage => Requests.OfType<T>();

    public T Reply<T>(IMessage request, ServerCallContext context) where T : class, IMessage, new()
    {
        Requests.Enqueue(request);
        Headers = context.RequestHeaders;
        if (Answer(request) is { } answer) return (T)answer;
        return request is AnalyzePlanRequest { SparkVersion: not null } ? (T)(IMessage)new AnalyzePlanResponse { SparkVersion = new() { Version = Version } } : new T();
    }

    public async Task RunAsync(IMessage request, IServerStreamWriter<ExecutePlanResponse> stream, ServerCallContext context)
    {
        Requests.Enqueue(request);
        Headers = context.RequestHeaders;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _end.Token);
        await Stream(request, stream, either.Token);
    }

    public void Dispose() => _end.Cancel();
}
