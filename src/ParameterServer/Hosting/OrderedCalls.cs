using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// Makes the calls of each client in the order of their numbers, one after the other and each once. A call that has begun goes
/// on when its connection breaks: a repetition waits for it and gets its answer. A copy that comes after a later call is
/// refused. Thread-safe.
/// </summary>
/// <param name="stopping">Ends every call.</param>
sealed class OrderedCalls(CancellationToken stopping) : IAsyncDisposable
{
    const int MaxClients = 65536;

    readonly Lock _lock = new();
    readonly Dictionary<Guid, Call> _last = [];

    /// <summary>Makes a call, or waits for the copy of it that came first.</summary>
    /// <param name="number">Which call of which client.</param>
    /// <param name="action">The call; its token is cancelled by <see cref="CancelAsync"/> and when the shard ends.</param>
    /// <param name="cancellationToken">Ends the wait of this copy alone.</param>
    /// <exception cref="InvalidOperationException">The client has gone on to a later call.</exception>
    public async Task<T> DoAsync<T>(CallNumber number, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
        where T : class
    {
        Task<object> result;
        lock (_lock)
        {
            Call? last = _last.GetValueOrDefault(number.Client);
            if (last is not null && number.Number < last.Number)
            {
                throw new InvalidOperationException(
                    $"call {number.Number} of client {number.Client:N} is over: the client has gone on to call {last.Number}; what came late was not applied");
            }

            result = number.Number == last?.Number ? last.Result : Begin(number, last, async token => await action(token)).Result;
        }

        return await result.WaitAsync(cancellationToken) as T
            ?? throw new BadInputException($"call {number.Number} of client {number.Client:N} was another one; every call needs a number of its own");
    }

    /// <summary>Ends a call, also one that has not come yet, and returns when nothing of it runs any more.</summary>
    public async Task CancelAsync(CallNumber number)
    {
        Call? call;
        Task cancelled;
        lock (_lock)
        {
            call = _last.GetValueOrDefault(number.Client);
            if (call is null || call.Number < number.Number) call = Begin(number, call, token => Task.FromCanceled<object>(new CancellationToken(true)));
            else if (call.Number > number.Number) return;
            cancelled = call.Stop.CancelAsync();
        }

        await cancelled;
        await call.EndAsync();
    }

    /// <summary>Waits until no call runs any more; whoever disposes has cancelled them.</summary>
    public async ValueTask DisposeAsync()
    {
        Call[] calls;
        lock (_lock) calls = [.. _last.Values];
        foreach (Call call in calls)
        {
            await call.EndAsync();
            call.Stop.Dispose();
        }
    }

    Call Begin(CallNumber number, Call? before, Func<CancellationToken, Task<object>> action)
    {
        if (before is null && _last.Count == MaxClients)
            throw new InvalidOperationException($"the shard has {MaxClients} clients; close connections, or start the job again");
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Call call = new(number.Number, stop, Task.Run(() => RunAsync(before, action, stop.Token), CancellationToken.None));
        _last[number.Client] = call;
        return call;
    }

    static async Task<object> RunAsync(Call? before, Func<CancellationToken, Task<object>> action, CancellationToken cancellationToken)
    {
        if (before is not null)
        {
            await before.EndAsync();
            before.Stop.Dispose();
        }

        return await action(cancellationToken);
    }

    sealed record Call(long Number, CancellationTokenSource Stop, Task<object> Result)
    {
        public async Task EndAsync() => await ((Task)Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
