using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.Steps;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Hosting;

/// <summary>Who is refused, and with which words.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task Call_WrongSecret_IsRefused()
    {
        await using TestShard shard = await TestShard.StartAsync();
        byte[][] wrong = [new byte[32], TestShard.Secret[..31], [.. TestShard.Secret, 0]];
        foreach (byte[] secret in wrong)
        {
            await using GrpcShardChannel channel = new(shard.Host.Endpoint, TestShard.Connection with { Secret = secret });
            channel.Attach(TestShard.Layout(), 0, 1);

            BadInputException control = await Assert.ThrowsAsync<BadInputException>(() => channel.GetStatisticsAsync(TestShard.Token).AsTask());
            BadInputException exchange = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StepAsync(channel, 0));

            Assert.Equal("the secret is missing or wrong: the caller belongs to another job, or to none; both need the same secret file", control.Message);
            Assert.Equal(control.Message, exchange.Message);
        }
    }

    [Fact]
    public async Task Call_OtherJob_IsRefused()
    {
        await using TestShard shard = await TestShard.StartAsync();
        await using GrpcShardChannel channel = new(shard.Host.Endpoint, TestShard.Connection with { JobId = "other" });

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => channel.ConfigureAsync(TestShard.Layout(), 0, 1, TestShard.Token).AsTask());

        Assert.Equal("the shard belongs to job 'ctr', the caller to job 'other'; the endpoint is out of date: start the job again", error.Message);
    }

    [Theory]
    [InlineData("2", "the shard speaks protocol version 1, the caller version '2'; use the same build on both sides")]
    [InlineData(null, "the shard speaks protocol version 1, the caller version ''; use the same build on both sides")]
    public async Task Call_OtherProtocolVersion_IsRefused(string? version, string expected)
    {
        await using TestShard shard = await TestShard.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(shard.Host.Endpoint);
        Metadata headers = new() { { WireProtocol.JobKey, "ctr" }, { WireProtocol.SecretKey, WireProtocol.Bearer(TestShard.Secret) } };
        if (version is not null) headers.Add(WireProtocol.VersionKey, version);

        RpcException error = await Assert.ThrowsAsync<RpcException>(
            async () => await new ShardControl.ShardControlClient(channel).IdentifyAsync(new Empty(), headers, cancellationToken: TestShard.Token));

        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.Equal(expected, Assert.IsType<BadInputException>(WireError.FromRpc(error)).Message);
    }

    [Fact]
    public async Task Call_ForAnotherShardOrAttempt_IsRefused()
    {
        await using TestShard shard = await TestShard.StartAsync();
        await using GrpcShardChannel owner = new(shard.Host.Endpoint, TestShard.Connection), caller = new(shard.Host.Endpoint, TestShard.Connection);
        StoreLayout layout = TestShard.Layout() with { Generation = 2 };
        await owner.ConfigureAsync(layout, 0, 2, TestShard.Token);
        await owner.ConfigureAsync(layout, 0, 2, TestShard.Token);

        caller.Attach(layout, 1, 2);
        BadInputException order = await Assert.ThrowsAsync<BadInputException>(() => caller.BeginEpochAsync(0, [0], TestShard.Token).AsTask());
        caller.Attach(layout with { Generation = 1 }, 0, 2);
        FencedException old = await Assert.ThrowsAsync<FencedException>(() => caller.BeginEpochAsync(0, [0], TestShard.Token).AsTask());
        caller.Attach(layout with { Generation = 3 }, 0, 2);
        InvalidOperationException later = await Assert.ThrowsAsync<InvalidOperationException>(() => caller.BeginEpochAsync(0, [0], TestShard.Token).AsTask());
        FencedException run = await Assert.ThrowsAsync<FencedException>(() => caller.ConfigureAsync(layout with { RunId = Guid.Empty }, 0, 2, TestShard.Token).AsTask());

        Assert.Equal("the endpoint is shard 0 of 2, the caller looks for shard 1 of 2; the endpoints are in another order", order.Message);
        Assert.Equal("the request is of attempt 1 of the run, attempt 2 has taken over", old.Message);
        Assert.Equal("the shard is left over from attempt 2 of the run, the request is of attempt 3; its process should have ended", later.Message);
        Assert.Equal("the shard serves run 6f9619ff-8b86-d011-b42d-00c04fc964ff, the request is of run 00000000-0000-0000-0000-000000000000", run.Message);
    }

    [Fact]
    public async Task Call_BeforeConfigure_IsRefused()
    {
        await using TestShard shard = await TestShard.StartAsync();
        await using GrpcShardChannel channel = new(shard.Host.Endpoint, TestShard.Connection);

        InvalidOperationException own = await Assert.ThrowsAsync<InvalidOperationException>(() => TestShard.StepAsync(channel, 0));
        channel.Attach(TestShard.Layout(), 0, 1);
        InvalidOperationException exchange = await Assert.ThrowsAsync<InvalidOperationException>(() => TestShard.StepAsync(channel, 0));
        InvalidOperationException control = await Assert.ThrowsAsync<InvalidOperationException>(() => channel.ReadDenseAsync(0, TestShard.Token).AsTask());

        Assert.Equal($"the shard at {shard.Host.Endpoint} is used before it is configured", own.Message);
        Assert.Equal("the shard is not configured yet", exchange.Message);
        Assert.Equal("the shard is used before it is configured", control.Message);
        Assert.Empty((await channel.GetStatisticsAsync(TestShard.Token)).Tables);
    }

    [Fact]
    public async Task Start_PortTaken_SaysSo()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;

        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StartAsync(TestShard.HostOptions with { Port = port }));

        Assert.Equal(
            $"a shard can't listen on 127.0.0.1:{port}: Failed to bind to address http://127.0.0.1:{port}: address already in use. " +
            "Use port 0 for any free one, or an address of this machine.",
            error.Message);
    }

    [Fact]
    public async Task Start_AddressOfAnotherMachine_SaysSo()
    {
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => TestShard.StartAsync(TestShard.HostOptions with { Address = IPAddress.Parse("203.0.113.7") }));

        Assert.StartsWith("a shard can't listen on 203.0.113.7:0: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Use port 0 for any free one, or an address of this machine.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SecretTooShort_IsRefused()
    {
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StartAsync(TestShard.HostOptions with { Secret = new byte[15] }));

        Assert.Equal("the secret has 15 bytes; expected at least 16 random ones", error.Message);
    }

    [Fact]
    public async Task Exchange_LargerThanTheLimit_IsRefused()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(TestShard.HostOptions with { MaxMessageBytes = 100_000 });
        GrpcShardChannel channel = shard.Channel;

        // The refusal may come while the rest of the request is still being written, or after it.
        for (int i = 0; i < 50; i++)
        {
            BadInputException request = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StepAsync(channel, 0, keys: 200));
            Assert.Equal("the message is larger than the peer takes: Received message exceeds the maximum configured message size.", request.Message);
        }

        await TestShard.StepAsync(channel, 0);
    }

    [Fact]
    public async Task Exchange_SecondReadingWithOtherRows_StopsTheJob()
    {
        await using TestShard shard = await TestShard.StartReadyAsync();
        GrpcShardChannel channel = shard.Channel;
        await TestShard.StepAsync(channel, 0, fingerprint: 0xA);

        BadInputException other = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StepAsync(channel, 0, fingerprint: 0xB));
        InvalidOperationException later = await Assert.ThrowsAsync<InvalidOperationException>(() => TestShard.StepAsync(channel, 1));

        const string Expected =
            "input is not deterministic: partition 0 step 0 of epoch 0 was pushed twice with different content (fingerprint 000000000000000a, then " +
            "000000000000000b); the same files, order and options must give the same rows when a partition is read again";
        Assert.Equal(Expected, other.Message);
        Assert.Equal($"the shard has stopped after an error: {Expected}; restart the run from its last snapshot", later.Message);
    }

    [Fact]
    public async Task Exchange_UnknownOrForbiddenEncoding_IsRefused()
    {
        await using TestShard shard = await TestShard.StartReadyAsync(layout: TestShard.Layout(TrainingMode.Sync));
        GrpcShardChannel channel = shard.Channel;
        await using GrpcShardChannel strange = new(shard.Host.Endpoint, TestShard.Connection with { Encoding = (WireEncoding)4 });
        await using GrpcShardChannel halved = new(shard.Host.Endpoint, TestShard.Connection with { Encoding = WireEncoding.BFloat16 });
        strange.Attach(TestShard.Layout(), 0, 1);
        halved.Attach(TestShard.Layout(), 0, 1);

        BadInputException unknown = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StepAsync(strange, 0));
        BadInputException sync = await Assert.ThrowsAsync<BadInputException>(() => TestShard.StepAsync(halved, 0));

        Assert.Equal("the stream asks for encoding '4'; expected a sum of 1 (bfloat16) and 2 (delta keys)", unknown.Message);
        Assert.Equal("synchronous training exchanges float32: its result must not depend on the wire; leave bfloat16 out", sync.Message);
    }
}
