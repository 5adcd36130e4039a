using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Tells the server, beside the reading, which responses of an operation it can forget. Thread-safe.</summary>
sealed class ResponseRelease(ConnectClient client, string operationId)
{
    readonly Lock _lock = new();
    string? _next;
    bool _isRunning;
    Task _running = Task.CompletedTask;

    /// <summary>Releases all responses up to this one. While a release is under way only the latest request is kept.</summary>
    public void Until(string responseId)
    {
        lock (_lock)
        {
            _next = responseId;
            if (_isRunning) return;
            _isRunning = true;
            _running = RunAsync();
        }
    }

    /// <summary>Releases the operation. Failures are ignored: the server forgets abandoned operations by itself.</summary>
    public async Task AllAsync()
    {
        Task running;
        lock (_lock)
        {
            _next = null;
            running = _running;
        }

        await running;
        await SendAsync(new ReleaseExecuteRequest { ReleaseAll = new ReleaseExecuteRequest.Types.ReleaseAll() });
    }

    async Task RunAsync()
    {
        await Task.Yield();
        while (true)
        {
            string until;
            lock (_lock)
            {
                if (_next is null)
                {
                    _isRunning = false;
                    return;
                }

                until = _next;
                _next = null;
            }

            await SendAsync(new ReleaseExecuteRequest { ReleaseUntil = new ReleaseExecuteRequest.Types.ReleaseUntil { ResponseId = until } });
        }
    }

    async Task SendAsync(ReleaseExecuteRequest release)
    {
        release.SessionId = client.SessionId;
        release.UserContext = client.User;
        release.ClientType = client.ClientType;
        release.OperationId = operationId;
        if (client.ServerSession is { } observed) release.ClientObservedServerSideSessionId = observed;
        try
        {
            await client.Stub.ReleaseExecuteAsync(release, client.Options(client.Times.Release, CancellationToken.None));
        }
        catch (RpcException)
        {
            // It only frees memory; a later release covers this one.
        }
    }
}
