using System.Collections.Concurrent;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Metrics;

namespace MetaSpore.Spark.Driver.Tests.Agents;

/// <summary>What agents tell each other, whatever is between them.</summary>
public abstract class AgentMessaging
{
    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs a script to its end.</summary>
    private protected abstract Task<ScriptedAgent> LaunchAsync(Script script, int workers);

    [Fact]
    public async Task Broadcast_ToAll_AnswersComeInOrder()
    {
        string[] answers = [];
        await LaunchAsync(new Script
        {
            Run = async (agent, _) => answers = [.. (await agent.Broadcast(AgentGroup.All, "who")).Select(answer => answer.Body)],
        }, 2);
        Assert.Equal(["Coordinator 0 answers coordinator: ", "Worker 0 answers coordinator: ", "Worker 1 answers coordinator: "], answers);
    }

    [Fact]
    public async Task Send_WorkerToWorkerWhileBothWait_IsAnswered()
    {
        var answers = new ConcurrentDictionary<int, string>();
        await LaunchAsync(new Script
        {
            WorkerStart = async (agent, _) =>
                answers[agent.Rank] = (await agent.Send(AgentAddress.Worker(1 - agent.Rank), "hello", $"from {agent.Rank}")).Body,
        }, 2);
        Assert.Equal("Worker 1 answers worker 0: from 0", answers[0]);
        Assert.Equal("Worker 0 answers worker 1: from 1", answers[1]);
    }

    [Fact]
    public async Task Barrier_ManyRounds_NobodyIsAheadOfTheSlowest()
    {
        int[] rounds = new int[4];
        await LaunchAsync(new Script
        {
            WorkerStart = async (agent, token) =>
            {
                for (int round = 1; round <= 50; round++)
                {
                    Volatile.Write(ref rounds[agent.Rank], round);
                    await agent.Meet(cancellationToken: token);
                    Assert.All(rounds, other => Assert.InRange(other, round, round + 1));
                }
            },
        }, 4);
        Assert.Equal([50, 50, 50, 50], rounds);
    }

    [Fact]
    public async Task Barrier_MemberMissing_TimesOutAndNamesIt()
    {
        AgentException e = await Assert.ThrowsAsync<AgentException>(() => LaunchAsync(new Script
        {
            Attribute = "barrier_timeout=00:00:00.05",
            WorkerStart = (agent, token) => agent.Rank == 0 ? agent.Meet(cancellationToken: token) : Task.CompletedTask,
        }, 2));
        Assert.Equal(
            "worker 0 failed in \"agent.start\": worker 0 waited 0.05 s at the barrier of the workers; 1 of 2 came, missing: worker 1", e.Message);
    }

    [Fact]
    public async Task Barrier_CoordinatorAtTheWorkersBarrier_IsRefused()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => LaunchAsync(new Script { Run = (agent, token) => agent.Meet(cancellationToken: token) }, 2));
        Assert.Equal("coordinator is no member of the barrier of the workers", e.Message);
    }

    [Fact]
    public async Task WorkerStart_OneThrows_OthersAreReleasedAndItsErrorIsReported()
    {
        AgentException e = await Assert.ThrowsAsync<AgentException>(() => LaunchAsync(new Script
        {
            WorkerStart = (agent, token) => agent.Rank == 1 ? throw new InvalidDataException("bad row 7") : agent.Meet(cancellationToken: token),
        }, 3));
        Assert.Equal("worker 1 failed in \"agent.start\": bad row 7", e.Message);
        Assert.Equal((AgentAddress.Worker(1), "agent.start"), (e.Agent, e.Request));
    }

    [Fact]
    public async Task HandleRequest_Throws_TravelsBackToTheSender()
    {
        AgentException? seen = null;
        await LaunchAsync(new Script
        {
            Handle = (_, _, request) => throw new InvalidDataException($"no {request.Command}"),
            Run = async (agent, _) => seen = await Assert.ThrowsAsync<AgentException>(() => agent.Send(AgentAddress.Worker(0), "magic")),
        }, 1);
        Assert.Equal("worker 0 failed in \"magic\": no magic", seen!.Message);
    }

    [Fact]
    public async Task Send_NoAnswer_TimesOut()
    {
        TimeoutException e = await Assert.ThrowsAsync<TimeoutException>(() => LaunchAsync(new Script
        {
            Attribute = "requestTimeout=00:00:00.05",
            Handle = (_, _, _) => new TaskCompletionSource<AgentMessage>().Task,
            Run = (agent, _) => agent.Send(AgentAddress.Worker(0), "magic"),
        }, 1));
        Assert.Equal("worker 0 did not answer \"magic\" of coordinator within 0.05 s", e.Message);
    }

    [Fact]
    public async Task Send_NoSuchWorker_IsRefused()
    {
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => LaunchAsync(new Script { Run = (agent, _) => agent.Send(AgentAddress.Worker(5), "x") }, 2));
        Assert.Equal("there is no worker 5; the job has 2 workers", e.Message);
    }

    [Fact]
    public async Task PushMetric_FromAllWorkers_IsMergedAtTheCoordinator()
    {
        ScriptedAgent coordinator = await LaunchAsync(new Script
        {
            WorkerStart = async (agent, token) =>
            {
                // Worker 0 scores a positive with 0.9 and a negative with 0.1; worker 1 the same the wrong way round.
                (float high, float low) = agent.Rank == 0 ? (1f, 0f) : (0f, 1f);
                agent.Count([0.9f, 0.1f], [high, low]);
                await agent.Push(token);
                agent.Count([0.9f, 0.1f], [1f, 0f]);
                await agent.Push(token);
            },
        }, 2);
        var metric = (BinaryClassificationModelMetric)coordinator.Total;
        Assert.Equal(8, metric.InstanceCount);
        Assert.Equal(0.75, metric.Auc, 12);
    }

    [Fact]
    public async Task Shutdown_ByAWorker_EndsTheJobInGoodOrder()
    {
        ScriptedAgent coordinator = await LaunchAsync(new Script
        {
            Run = async (agent, token) =>
            {
                await agent.Start();
                await Task.Delay(Timeout.Infinite, token);
            },
            WorkerStart = (agent, _) =>
            {
                agent.End();
                return Task.CompletedTask;
            },
        }, 1);
        Assert.True(coordinator.IsCoordinator);
    }
}
