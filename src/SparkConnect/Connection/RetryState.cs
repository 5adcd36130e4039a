using Grpc.Core;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Counts the retries of one call. Not thread-safe.</summary>
sealed class RetryState(RetryPolicy policy)
{
    int _done;

    /// <summary>Forgets the retries: the call has made progress.</summary>
    public void Reset() => _done = 0;

    /// <summary>Waits before the next try.</summary>
    /// <returns>False, at once, when the error is final or no try is left.</returns>
    public async Task<bool> WaitAfterAsync(RpcException error, CancellationToken cancellationToken)
    {
        if (!RetryPolicy.IsTransient(error, out TimeSpan serverWait)) return false;
        return await WaitAsync(serverWait, cancellationToken);
    }

    /// <summary>Waits before the next try after something else than an error.</summary>
    public async Task<bool> WaitAsync(TimeSpan atLeast, CancellationToken cancellationToken)
    {
        if (_done >= policy.MaxRetries) return false;
        TimeSpan wait = policy.Wait(_done++);
        await Task.Delay(wait > atLeast ? wait : atLeast, cancellationToken);
        return true;
    }
}
