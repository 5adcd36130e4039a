using System.Collections.Concurrent;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Tests.Agents;

/// <summary>Agents in different processes, with a shard between them.</summary>
public sealed class HubAgentTransportTests : AgentMessaging
{
    private protected override async Task<ScriptedAgent> LaunchAsync(Script script, int workers)
    {
        await using HubJob hub = await HubJob.StartAsync(script, workers, Cancellation);
        (AgentJob job, ScriptedAgent coordinator) = hub.Add(AgentAddress.Coordinator);
        for (int rank = 0; rank < workers; rank++) hub.Add(AgentAddress.Worker(rank));
        try
        {
            await job.Host(AgentAddress.Coordinator).RunProgramAsync();
        }
        catch (OperationCanceledException) when (job.IsShutDown)
        {
        }

        return coordinator;
    }

    [Fact]
    public async Task HandleRequest_Throws_TheCauseSaysTypeAndPlace()
    {
        AgentException error = await Assert.ThrowsAsync<AgentException>(() => LaunchAsync(new Script
        {
            Handle = (_, _, _) => throw new InvalidDataException("no magic"),
            Run = (agent, _) => agent.Send(AgentAddress.Worker(0), "magic"),
        }, 1));
        string cause = error.InnerException!.ToString();
        Assert.StartsWith("System.IO.InvalidDataException: no magic", cause, StringComparison.Ordinal);
        Assert.Contains("in the process of worker 0", cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandleRequest_AsksAnotherThatThrows_TheFirstCauseIsNamed()
    {
        AgentException error = await Assert.ThrowsAsync<AgentException>(() => LaunchAsync(new Script
        {
            Handle = (agent, _, request) => agent.Rank == 0 ? agent.Send(AgentAddress.Worker(1), request.Command) : throw new InvalidDataException("no"),
            Run = (agent, _) => agent.Send(AgentAddress.Worker(0), "magic"),
        }, 2));
        Assert.Equal("worker 1 failed in \"magic\": no", error.Message);
    }

    [Fact]
    public async Task Send_Payload_ComesBackWhole()
    {
        byte[] payload = new byte[3 << 20];
        new Random(1).NextBytes(payload);
        AgentMessage? answer = null;
        await LaunchAsync(new Script
        {
            Handle = (_, _, request) => Task.FromResult(request with { Body = request.Body + "!" }),
            Run = async (agent, _) => answer = await agent.Send(AgentAddress.Worker(0), new AgentMessage("echo", "\"ü\"", payload)),
        }, 1);
        Assert.Equal(("echo", "\"ü\"!"), (answer!.Command, answer.Body));
        Assert.True(payload.AsSpan().SequenceEqual(answer.Payload.Span));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_TooMuch_IsRefusedAtTheSender(bool isAnswer)
    {
        byte[] payload = new byte[65 << 20];
        Exception? error = await Record.ExceptionAsync(() => LaunchAsync(new Script
        {
            Handle = (_, _, _) => Task.FromResult(new AgentMessage("ok", Payload: payload)),
            Run = (agent, _) => agent.Send(AgentAddress.Worker(0), new AgentMessage("much", Payload: isAnswer ? default : payload)),
        }, 1));
        string names = isAnswer ? "a message of 'worker 0' to 'coordinator' has" : "a message of 'coordinator' to 'worker 0' has";
        Assert.Contains(names, error!.Message, StringComparison.Ordinal);
        Assert.Contains("at most 67108864 are taken: send less at once, or a path to it", error.Message, StringComparison.Ordinal);
        Assert.Equal(isAnswer, error is AgentException);
    }

    [Fact]
    public async Task Send_ToAWorkerThatComesLater_Waits()
    {
        await using HubJob hub = await HubJob.StartAsync(new Script(), 2, Cancellation);
        (_, ScriptedAgent coordinator) = hub.Add(AgentAddress.Coordinator);
        Task<AgentMessage> first = coordinator.Send(AgentAddress.Worker(0), "hello", "first"), second = coordinator.Send(AgentAddress.Worker(1), "hello", "second");
        hub.Add(AgentAddress.Worker(1));
        Assert.Equal("Worker 1 answers coordinator: second", (await second).Body);
        hub.Add(AgentAddress.Worker(0));
        Assert.Equal("Worker 0 answers coordinator: first", (await first).Body);
    }

    [Fact]
    public async Task Send_ToAWorkerThatIsReplaced_EachIsHandledOnce()
    {
        var handled = new ConcurrentQueue<string>();
        var script = new Script
        {
            Handle = (_, _, request) =>
            {
                handled.Enqueue(request.Body);
                return Task.FromResult(request);
            },
        };
        await using HubJob hub = await HubJob.StartAsync(script, 1, Cancellation);
        (_, ScriptedAgent coordinator) = hub.Add(AgentAddress.Coordinator);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            Task<AgentMessage> early = coordinator.Send(AgentAddress.Worker(0), "note", $"early {epoch}");
            (AgentJob worker, _) = hub.Add(AgentAddress.Worker(0));
            await early;
            await coordinator.Send(AgentAddress.Worker(0), "note", $"late {epoch}");
            await hub.RemoveAsync(worker);
        }

        Assert.Equal(["early 0", "late 0", "early 1", "late 1", "early 2", "late 2"], handled);
    }

    [Fact]
    public void Packet_Damaged_IsRefused()
    {
        byte[] packet = new AgentPacket { Id = "1", Sender = AgentAddress.Worker(3), Command = "x", Payload = new byte[] { 1, 2 } }.ToBytes();
        Assert.Equal(AgentAddress.Worker(3), AgentPacket.FromBytes(packet).Sender);
        foreach (byte[] bytes in (byte[][])[[], [1, 2, 3], [255, 255, 255, 127, .. packet[4..]], [1, 0, 0, 0, .. packet[4..]], [4, 0, 0, 0, .. "null"u8]])
            Assert.StartsWith("An agent's message", Assert.Throws<BadInputException>(() => AgentPacket.FromBytes(bytes)).Message, StringComparison.Ordinal);
    }
}
