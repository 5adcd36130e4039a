using System.Net;
using System.Net.Sockets;
using MetaSpore.Spark.Udfs.Spark;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>How collectives of a barrier stage fail.</summary>
public sealed class BarrierClientTests
{
    static readonly byte[] s_ok = [0, 0, 0, 2, (byte)'o', (byte)'k'];
    static readonly byte[] s_secret = FakeSpark.Utf("s");

    [Fact]
    public async Task Answer_WithoutAByte_MeansThatAPeerFailed() => Assert.StartsWith(
        "barrier() was ended by Spark without an answer: another task of the barrier stage failed", await FailAsync([]), StringComparison.Ordinal);

    [Fact]
    public async Task Answer_OfOneText_IsShown() => Assert.Equal(
        "barrier() of the barrier stage failed in Spark: Different barrier sync types found; all tasks must make the same calls in the same order",
        await FailAsync(FakeSpark.Utf("Different barrier sync types found")));

    [Fact]
    public async Task Answer_OfAnotherNumberOfTexts_IsAFailure() => Assert.Contains(
        "an answer of 14 bytes that is not that of all tasks", await FailAsync([0, 0, 0, 2, .. FakeSpark.Utf("a"), .. FakeSpark.Utf("b")]), StringComparison.Ordinal);

    [Fact]
    public void Answer_WithBytesLeftOver_IsNoSuccess()
    {
        Assert.Equal<string[]>(["a"], BarrierClient.TryParse([0, 0, 0, 1, .. FakeSpark.Utf("a")], 1)!);
        Assert.Null(BarrierClient.TryParse([0, 0, 0, 1, .. FakeSpark.Utf("a"), 0], 1));
        Assert.Null(BarrierClient.TryParse([127, 255, 255, 255], 0));
        Assert.Null(BarrierClient.TryParse([0, 0, 0, 1, 127, 255, 255, 255], 1));
    }

    [Fact]
    public void Peers_ThatDoNotCome_EndTheWait()
    {
        using Socket listener = Silent(out int port);
        var client = new BarrierClient(new BarrierAddress(port, "s", null), IPAddress.Loopback, 2, TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        TimeoutException error = Assert.Throws<TimeoutException>(() => client.Barrier(CancellationToken.None));
        Assert.StartsWith("not all tasks of the barrier stage came to barrier() within 00:00:00.0500000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CancelledTask_EndsTheWait()
    {
        using Socket listener = Silent(out int port);
        using CancellationTokenSource task = new(TimeSpan.FromMilliseconds(50));
        var client = new BarrierClient(new BarrierAddress(port, "s", null), IPAddress.Loopback, 2, TimeSpan.FromHours(1), TimeProvider.System, task.Token);
        Assert.ThrowsAny<OperationCanceledException>(() => client.AllGather("text", CancellationToken.None));
    }

    static Socket Silent(out int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        return listener;
    }

    static async Task<string> FailAsync(byte[] answer)
    {
        using FakeBarrier barrier = new(
            new IPEndPoint(IPAddress.Loopback, 0), [(true, s_secret), (false, s_ok), (true, [0, 0, 0, 1]), (false, answer)]);
        var client = new BarrierClient(new BarrierAddress(barrier.Port, "s", null), IPAddress.Loopback, 2, TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None);
        BarrierFailedException error = Assert.Throws<BarrierFailedException>(() => client.Barrier(CancellationToken.None));
        await barrier.Played;
        return error.Message;
    }
}
