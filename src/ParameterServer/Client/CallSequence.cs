using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>Numbers control calls and makes them one after the other, so that the shard knows a late copy. Thread-safe.</summary>
sealed class CallSequence : IDisposable
{
    readonly Guid _client = Guid.NewGuid();
    readonly SemaphoreSlim _turn = new(1, 1);
    long _last;

    /// <summary>Makes the next call.</summary>
    /// <param name="call">Makes the call of this number, with its repetitions.</param>
    /// <param name="giveUp">Tells the shard that nobody waits for the call any more.</param>
    /// <param name="cancellationToken">Ends the wait for the calls before it, and for the call itself.</param>
    public async Task<T> NextAsync<T>(Func<CallNumber, Task<T>> call, Func<CallNumber, Task> giveUp, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        CallNumber number = new(_client, ++_last);
        try
        {
            return await call(number);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await giveUp(number);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
