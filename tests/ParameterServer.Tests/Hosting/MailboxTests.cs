using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>Messages that a shard keeps, by the network and in its own process.</summary>
public sealed class MailboxTests
{
    static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    static IJobMailbox Open(TestShard shard, bool byNetwork) => byNetwork ? shard.Channel : (IJobMailbox)shard.Host.OpenChannel();

    static ValueTask SendAsync(IJobMailbox mailbox, string receiver, byte content) =>
        mailbox.SendAsync("s", receiver, new byte[] { content }, s_minute, TestShard.Token);

    static async Task<string> ReceiveAsync(IJobMailbox mailbox, string receiver, long after) => string.Join(
        ' ', (await mailbox.ReceiveAsync(receiver, after, TimeSpan.Zero, TestShard.Token)).Select(m => $"{m.Number}:{m.Sender}:{m.Content.Span[0]}"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_UntilTaken_GivesTheSameInOrder(bool byNetwork)
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        IJobMailbox mailbox = Open(shard, byNetwork);
        for (byte i = 7; i < 10; i++) await SendAsync(mailbox, "a", i);
        await SendAsync(mailbox, "b", 1);

        Assert.Equal("1:s:7 2:s:8 3:s:9", await ReceiveAsync(mailbox, "a", 0));
        Assert.Equal("1:s:7 2:s:8 3:s:9", await ReceiveAsync(mailbox, "a", 0));
        Assert.Equal("3:s:9", await ReceiveAsync(mailbox, "a", 2));
        Assert.Equal("3:s:9", await ReceiveAsync(mailbox, "a", 0));
        Assert.Equal("", await ReceiveAsync(mailbox, "a", 3));
        await SendAsync(mailbox, "a", 5);
        Assert.Equal("4:s:5", await ReceiveAsync(mailbox, "a", 0));
        Assert.Equal("1:s:1", await ReceiveAsync(mailbox, "b", 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Receive_OfNothing_WaitsForTheNext(bool byNetwork)
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        IJobMailbox mailbox = Open(shard, byNetwork);
        for (int round = 1; round <= 3; round++)
        {
            Task<IReadOnlyList<JobMessage>> waiting = mailbox.ReceiveAsync("a", round - 1, s_minute, TestShard.Token).AsTask();
            Assert.False(waiting.IsCompleted);
            await SendAsync(mailbox, "a", (byte)round);
            Assert.Equal(round, (await waiting).Single().Number);
        }

        using CancellationTokenSource source = new();
        Task cancelled = mailbox.ReceiveAsync("a", 3, s_minute, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task Receive_WhenTheShardEnds_Ends()
    {
        TestShard shard = await TestShard.StartReadyAsync();
        Task waiting = Open(shard, byNetwork: false).ReceiveAsync("a", 0, s_minute, TestShard.Token).AsTask();
        await shard.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Receive_AfterItsLifetime_TheMessageIsGone()
    {
        SeparateClocks clocks = new();
        JobHub hub = new(clocks);
        hub.Send("s", "a", [1], Timeout.InfiniteTimeSpan);
        hub.Send("s", "a", [2], TimeSpan.FromSeconds(10));
        clocks.Elapsed = TimeSpan.FromSeconds(10);
        Assert.Equal(2, (await hub.ReceiveAsync("a", 0, TimeSpan.Zero, TestShard.Token)).Count);
        clocks.Elapsed += TimeSpan.FromTicks(1);
        Assert.Equal(1, (await hub.ReceiveAsync("a", 0, TimeSpan.Zero, TestShard.Token)).Single().Number);
        Assert.Empty(await hub.ReceiveAsync("a", 1, TimeSpan.Zero, TestShard.Token));
    }

    [Fact]
    public async Task Send_MoreThanTheShardKeeps_IsRefusedUntilSomeIsTaken()
    {
        JobHub hub = new(TimeProvider.System);
        byte[] large = new byte[64 << 20];
        for (int i = 0; i < 4; i++) hub.Send("s", "a", large, s_minute);
        InvalidOperationException full = Assert.Throws<InvalidOperationException>(() => hub.Send("s", "b", [1], s_minute));
        Assert.Equal("the shard keeps 4 reports and messages of 268435456 bytes that nobody has collected; the limits are 65536 and 268435456", full.Message);
        Assert.Equal(1, (await hub.ReceiveAsync("a", 0, TimeSpan.Zero, TestShard.Token)).Single().Number);
        Assert.Equal(2, (await hub.ReceiveAsync("a", 1, TimeSpan.Zero, TestShard.Token)).Single().Number);
        hub.Send("s", "b", [1], s_minute);
    }

    [Fact]
    public void Send_TooLong_IsRefused()
    {
        JobHub hub = new(TimeProvider.System);
        string name = new('x', 201);
        Assert.StartsWith("a sender's name has 201 characters; at most 200 are taken", Assert.Throws<ArgumentException>(() => hub.Send(name, "a", [], s_minute)).Message, StringComparison.Ordinal);
        Assert.StartsWith("a receiver's name has 201 characters; at most 200 are taken", Assert.Throws<ArgumentException>(() => hub.Send("s", name, [], s_minute)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "a message of 's' to 'a' has 67108865 bytes; at most 67108864 are taken",
            Assert.Throws<ArgumentException>(() => hub.Send("s", "a", new byte[(64 << 20) + 1], s_minute)).Message,
            StringComparison.Ordinal);
    }
}
