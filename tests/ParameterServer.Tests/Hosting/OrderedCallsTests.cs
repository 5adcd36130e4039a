using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

public sealed class OrderedCallsTests
{
    static readonly Guid s_client = new("00112233-4455-6677-8899-aabbccddeeff");

    readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _runs;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Do_CopyWhileTheFirstRuns_GetsItsAnswer()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        Task<string> first = calls.DoAsync(Number(1), HeldAsync, Token), copy = calls.DoAsync(Number(1), HeldAsync, Token);
        _open.SetResult();
        Assert.Equal(["run 1", "run 1"], await Task.WhenAll(first, copy));
        Assert.Equal("run 1", await calls.DoAsync(Number(1), HeldAsync, Token));
    }

    [Fact]
    public async Task Do_ConnectionOfTheFirstBreaks_GoesOnForTheCopy()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        using CancellationTokenSource connection = new();
        Task<string> first = calls.DoAsync(Number(1), HeldAsync, connection.Token);
        await _begun.Task.WaitAsync(Token);
        await connection.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Task<string> copy = calls.DoAsync(Number(1), HeldAsync, Token);
        _open.SetResult();
        Assert.Equal("run 1", await copy);
    }

    [Fact]
    public async Task Do_CopyOfAFailedCall_FailsLikeIt()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        Task<string> Fail() => calls.DoAsync<string>(Number(1), _ => throw new InvalidDataException($"run {++_runs}"), Token);
        Assert.Equal("run 1", (await Assert.ThrowsAsync<InvalidDataException>(Fail)).Message);
        Assert.Equal("run 1", (await Assert.ThrowsAsync<InvalidDataException>(Fail)).Message);
    }

    [Fact]
    public async Task Do_CopyAfterALaterCall_IsRefused()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        _open.SetResult();
        for (int call = 1; call <= 3; call++) await calls.DoAsync(Number(call), HeldAsync, Token);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => calls.DoAsync(Number(2), HeldAsync, Token));
        Assert.Equal(
            "call 2 of client 00112233445566778899aabbccddeeff is over: the client has gone on to call 3; what came late was not applied",
            error.Message);
        Assert.Equal(3, _runs);
        Assert.Equal("run 4", await calls.DoAsync(new CallNumber(Guid.Empty, 1), HeldAsync, Token));
    }

    [Fact]
    public async Task Do_NextCall_WaitsForTheOneBefore()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        Task<string> first = calls.DoAsync(Number(1), HeldAsync, Token);
        await _begun.Task.WaitAsync(Token);
        Task<string> second = calls.DoAsync(Number(2), _ => Task.FromResult($"first ended: {first.IsCompleted || _open.Task.IsCompleted}"), Token);
        _open.SetResult();
        Assert.Equal("first ended: True", await second);
        Assert.Equal("run 1", await first);
    }

    [Fact]
    public async Task Cancel_RunningCall_ReturnsWhenItHasEnded()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        Task<string> call = calls.DoAsync(Number(1), HeldAsync, Token);
        await _begun.Task.WaitAsync(Token);
        await calls.CancelAsync(Number(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Cancel_CallThatHasNotCome_IsNotMadeLater()
    {
        await using OrderedCalls calls = new(CancellationToken.None);
        await calls.CancelAsync(Number(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calls.DoAsync(Number(1), HeldAsync, Token));
        Assert.Equal(0, _runs);
    }

    static CallNumber Number(long number) => new(s_client, number);

    async Task<string> HeldAsync(CancellationToken cancellationToken)
    {
        int run = Interlocked.Increment(ref _runs);
        _begun.TrySetResult();
        await _open.Task.WaitAsync(cancellationToken);
        return $"run {run}";
    }
}
