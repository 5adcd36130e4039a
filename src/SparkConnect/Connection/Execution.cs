using System.Diagnostics;
using System.Runtime.CompilerServices;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// One reattachable execution of a plan. The server may end the stream early, and the network may break it: then the rest is
/// asked for, until the server says that the result is complete. For one reader.
/// </summary>
sealed class Execution(ConnectClient client, ExecutePlanRequest request)
{
    readonly RetryState _retries = new(client.Times.Retries);
    readonly ResponseRelease _release = new(client, request.OperationId);
    AsyncServerStreamingCall<ExecutePlanResponse>? _call;
    string? _lastResponse;
    bool _isAttached;
    bool _isOver;
    long _attachedAt;
    bool _hasHeard;

    /// <summary>
    /// The responses in order, without the final one. When the token is cancelled or the reader stops early, the server is told to
    /// interrupt the operation; in every case it is told to forget it.
    /// </summary>
    public async IAsyncEnumerable<ExecutePlanResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ExecutePlanResponse response = await NextAsync(cancellationToken);
                if (response.ResponseTypeCase == ExecutePlanResponse.ResponseTypeOneofCase.ResultComplete) break;
                yield return response;
            }
        }
        finally
        {
            _call?.Dispose();
            if (!_isOver) await InterruptAsync();
            await _release.AllAsync();
        }
    }

    async Task<ExecutePlanResponse> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            silence.CancelAfter(client.Times.Silence);
            try
            {
                _call ??= Attach();
                if (await _call.ResponseStream.MoveNext(silence.Token)) return Received(_call.ResponseStream.Current);
                DropCall();
                await PauseAfterEndAsync(cancellationToken);
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException($"The operation {request.OperationId} was cancelled.", error, cancellationToken);
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException && silence.IsCancellationRequested)
            {
                DropCall();
            }
            catch (RpcException error)
            {
                DropCall();
                await RecoverAsync(error, cancellationToken);
            }
        }
    }

    ExecutePlanResponse Received(ExecutePlanResponse response)
    {
        _retries.Reset();
        _hasHeard = true;
        client.Observe(response.ServerSideSessionId);
        if (response.ResponseId.Length > 0) _lastResponse = response.ResponseId;
        if (response.ResponseTypeCase == ExecutePlanResponse.ResponseTypeOneofCase.ResultComplete) _isOver = true;
        else if (_lastResponse is not null) _release.Until(_lastResponse);
        return response;
    }

    AsyncServerStreamingCall<ExecutePlanResponse> Attach()
    {
        _attachedAt = Stopwatch.GetTimestamp();
        _hasHeard = false;
        CallOptions options = client.Options(deadline: null, CancellationToken.None);
        if (!_isAttached)
        {
            _isAttached = true;
            if (client.ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
            return client.Stub.ExecutePlan(request, options);
        }

        ReattachExecuteRequest again = new() { SessionId = client.SessionId, UserContext = client.User, ClientType = client.ClientType, OperationId = request.OperationId };
        if (_lastResponse is not null) again.LastResponseId = _lastResponse;
        if (client.ServerSession is { } session) again.ClientObservedServerSideSessionId = session;
        return client.Stub.ReattachExecute(again, options);
    }

    void DropCall()
    {
        _call?.Dispose();
        _call = null;
    }

    // The server ends long streams by itself: go on at once. One that ends at once without a word is a fault.
    async Task PauseAfterEndAsync(CancellationToken cancellationToken)
    {
        if (_hasHeard || Stopwatch.GetElapsedTime(_attachedAt) >= client.Times.ShortStream) return;
        if (!await _retries.WaitAsync(TimeSpan.Zero, cancellationToken))
            throw new SparkConnectException($"{client.Address} ended the stream of operation {request.OperationId} again and again without a result. Check the server's log.");
    }

    async Task RecoverAsync(RpcException error, CancellationToken cancellationToken)
    {
        string? errorClass = ErrorReader.ErrorClass(error, ErrorReader.Info(error));
        bool isUnknown = errorClass is "INVALID_HANDLE.OPERATION_NOT_FOUND" or "INVALID_HANDLE.SESSION_NOT_FOUND";
        if (isUnknown && _lastResponse is null)
        {
            // The server never got the plan.
            _isAttached = false;
            if (await _retries.WaitAsync(TimeSpan.Zero, cancellationToken)) return;
        }
        else if (await _retries.WaitAfterAsync(error, cancellationToken))
        {
            return;
        }

        _isOver = !RetryPolicy.IsTransient(error, out _);
        throw await client.TranslateAsync(error, cancellationToken);
    }

    async Task InterruptAsync()
    {
        InterruptRequest interrupt = new()
        {
            SessionId = client.SessionId,
            UserContext = client.User,
            ClientType = client.ClientType,
            InterruptType = InterruptRequest.Types.InterruptType.OperationId,
            OperationId = request.OperationId,
        };
        if (client.ServerSession is { } observed) interrupt.ClientObservedServerSideSessionId = observed;
        try
        {
            await client.Stub.InterruptAsync(interrupt, client.Options(client.Times.Release, CancellationToken.None));
        }
        catch (RpcException)
        {
            // The server ends an operation that nobody reads by itself.
        }
    }
}
