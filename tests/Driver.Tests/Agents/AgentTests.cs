using System.Collections.Concurrent;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Driver.Tests.Agents;

public sealed class AgentTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An agent whose behaviour a test gives as delegates.</summary>
    sealed class ScriptedAgent : Agent
    {
        public static readonly AsyncLocal<Script> Now = new();

        readonly Script _script = Now.Value!;

        protected internal override Task RunAsync(CancellationToken cancellationToken) => _script.Run(this, cancellationToken);

        protected internal override Task WorkerStartAsync(CancellationToken cancellationToken) => _script.WorkerStart(this, cancellationToken);

        protected internal override Task WorkerStopAsync(CancellationToken cancellationToken) => _script.WorkerStop(this, cancellationToken);

        protected internal override Task TrainMinibatchAsync(RecordBatch rows, CancellationToken cancellationToken) => _script.Train(this, rows);

        protected internal override StoreLayout? CreateLayout() => _script.Layout;

        protected internal override Task<AgentMessage> HandleRequestAsync(AgentAddress sender, AgentMessage request, CancellationToken cancellationToken) =>
            _script.Handle(this, sender, request);

        public Task Start() => StartWorkersAsync(default);

        public Task Stop() => StopWorkersAsync(default);

        public Task Meet(AgentGroup group = AgentGroup.Workers, CancellationToken cancellationToken = default) => BarrierAsync(group, cancellationToken);

        public Task<AgentMessage> Send(AgentAddress to, string command, string body = "") => SendRequestAsync(to, new(command, body), default);

        public Task<AgentMessage[]> Broadcast(AgentGroup group, string command) => BroadcastRequestAsync(group, new(command), default);

        public Task Feed(Func<int, IAsyncEnumerable<RecordBatch>> rows, int epochs) => FeedTrainingDatasetAsync(rows, epochs, default);

        public void Count(float[] predictions, float[] labels) => Metric.Accumulate(predictions, labels, 0);

        public Task Push(CancellationToken cancellationToken) => PushMetricAsync(cancellationToken);

        public ModelMetric Total => Metric;

        public void End() => Shutdown();

        public int Tables => Store.Layout.Tables.Count;
    }

    sealed record Script
    {
        public Func<ScriptedAgent, CancellationToken, Task> Run { get; init; } = async (agent, _) =>
        {
            await agent.Start();
            await agent.Stop();
        };

        public Func<ScriptedAgent, CancellationToken, Task> WorkerStart { get; init; } = (_, _) => Task.CompletedTask;

        public Func<ScriptedAgent, CancellationToken, Task> WorkerStop { get; init; } = (_, _) => Task.CompletedTask;

        public Func<ScriptedAgent, RecordBatch, Task> Train { get; init; } = (_, _) => Task.CompletedTask;

        public Func<ScriptedAgent, AgentAddress, AgentMessage, Task<AgentMessage>> Handle { get; init; } =
            (agent, sender, request) => Task.FromResult(new AgentMessage("ok", $"{agent.Role} {agent.Rank} answers {sender}: {request.Body}"));

        public StoreLayout? Layout { get; init; }

        public int Servers { get; init; } = 1;

        public string? Attribute { get; init; }

        public Task<ScriptedAgent> LaunchAsync(int workers, CancellationToken cancellationToken)
        {
            ScriptedAgent.Now.Value = this;
            var launcher = new PSLauncher { WorkerCount = workers, ServerCount = Servers };
            if (Attribute is not null) launcher.Attributes.Add(Attribute);
            return launcher.LaunchAsync<ScriptedAgent>(cancellationToken);
        }
    }

    [Fact]
    public async Task Launch_Default_StartsAndStopsEveryWorkerOnAThreadOfItsOwn()
    {
        var threads = new ConcurrentDictionary<(string, int), int>();
        Func<string, Func<ScriptedAgent, CancellationToken, Task>> note = hook => async (agent, _) =>
        {
            await Task.Yield();
            Assert.Same(agent, Agent.Current);
            Assert.True(agent.IsWorker);
            Assert.Equal((3, 2), (agent.WorkerCount, agent.ServerCount));
            threads[(hook, agent.Rank)] = Environment.CurrentManagedThreadId;
        };
        await new Script { Servers = 2, WorkerStart = note("start"), WorkerStop = note("stop") }.LaunchAsync(3, Cancellation);
        Assert.Equal(6, threads.Count);
        Assert.Equal(3, threads.Values.Distinct().Count());
        for (int rank = 0; rank < 3; rank++) Assert.Equal(threads[("start", rank)], threads[("stop", rank)]);
    }

    [Fact]
    public async Task Broadcast_ToAll_AnswersComeInOrder()
    {
        string[] answers = [];
        await new Script
        {
            Run = async (agent, _) => answers = [.. (await agent.Broadcast(AgentGroup.All, "who")).Select(answer => answer.Body)],
        }.LaunchAsync(2, Cancellation);
        Assert.Equal(["Coordinator 0 answers coordinator: ", "Worker 0 answers coordinator: ", "Worker 1 answers coordinator: "], answers);
    }

    [Fact]
    public async Task Send_WorkerToWorkerWhileBothWait_IsAnswered()
    {
        var answers = new ConcurrentDictionary<int, string>();
        await new Script
        {
            WorkerStart = async (agent, _) =>
                answers[agent.Rank] = (await agent.Send(AgentAddress.Worker(1 - agent.Rank), "hello", $"from {agent.Rank}")).Body,
        }.LaunchAsync(2, Cancellation);
        Assert.Equal("Worker 1 answers worker 0: from 0", answers[0]);
        Assert.Equal("Worker 0 answers worker 1: from 1", answers[1]);
    }

    [Fact]
    public async Task Barrier_ManyRounds_NobodyIsAheadOfTheSlowest()
    {
        int[] rounds = new int[4];
        await new Script
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
        }.LaunchAsync(4, Cancellation);
        Assert.Equal([50, 50, 50, 50], rounds);
    }

    [Fact]
    public async Task Barrier_MemberMissing_TimesOutAndNamesIt()
    {
        AgentException e = await Assert.ThrowsAsync<AgentException>(() => new Script
        {
            Attribute = "barrier_timeout=00:00:00.05",
            WorkerStart = (agent, token) => agent.Rank == 0 ? agent.Meet(cancellationToken: token) : Task.CompletedTask,
        }.LaunchAsync(2, Cancellation));
        Assert.Equal(
            "worker 0 failed in \"agent.start\": worker 0 waited 0.05 s at the barrier of the workers; 1 of 2 came, missing: worker 1", e.Message);
    }

    [Fact]
    public async Task Barrier_CoordinatorAtTheWorkersBarrier_IsRefused()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new Script { Run = (agent, token) => agent.Meet(cancellationToken: token) }.LaunchAsync(2, Cancellation));
        Assert.Equal("coordinator is no member of the barrier of the workers", e.Message);
    }

    [Fact]
    public async Task WorkerStart_OneThrows_OthersAreReleasedAndItsErrorIsReported()
    {
        AgentException e = await Assert.ThrowsAsync<AgentException>(() => new Script
        {
            WorkerStart = (agent, token) => agent.Rank == 1 ? throw new InvalidDataException("bad row 7") : agent.Meet(cancellationToken: token),
        }.LaunchAsync(3, Cancellation));
        Assert.Equal("worker 1 failed in \"agent.start\": bad row 7", e.Message);
        Assert.Equal((AgentAddress.Worker(1), "agent.start"), (e.Agent, e.Request));
        Assert.IsType<InvalidDataException>(e.InnerException);
    }

    [Fact]
    public async Task HandleRequest_Throws_TravelsBackToTheSender()
    {
        AgentException? seen = null;
        await new Script
        {
            Handle = (_, _, request) => throw new InvalidDataException($"no {request.Command}"),
            Run = async (agent, _) => seen = await Assert.ThrowsAsync<AgentException>(() => agent.Send(AgentAddress.Worker(0), "magic")),
        }.LaunchAsync(1, Cancellation);
        Assert.Equal("worker 0 failed in \"magic\": no magic", seen!.Message);
    }

    [Fact]
    public async Task Send_NoAnswer_TimesOut()
    {
        TimeoutException e = await Assert.ThrowsAsync<TimeoutException>(() => new Script
        {
            Attribute = "requestTimeout=00:00:00.05",
            Handle = (_, _, _) => new TaskCompletionSource<AgentMessage>().Task,
            Run = (agent, _) => agent.Send(AgentAddress.Worker(0), "magic"),
        }.LaunchAsync(1, Cancellation));
        Assert.Equal("worker 0 did not answer \"magic\" of coordinator within 0.05 s", e.Message);
    }

    [Fact]
    public async Task Send_NoSuchWorker_IsRefused()
    {
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => new Script { Run = (agent, _) => agent.Send(AgentAddress.Worker(5), "x") }.LaunchAsync(2, Cancellation));
        Assert.Equal("there is no worker 5; the job has 2 workers", e.Message);
    }

    [Fact]
    public async Task Feed_TwoEpochs_DealsBatchesInTurn()
    {
        var seen = new ConcurrentDictionary<int, List<int>>();
        await new Script
        {
            Run = (agent, _) => agent.Feed(epoch => Batches(5, epoch), 2),
            Train = (agent, rows) =>
            {
                seen.GetOrAdd(agent.Rank, _ => []).Add(((Int32Array)rows.Column(0)).GetValue(0)!.Value);
                return Task.CompletedTask;
            },
        }.LaunchAsync(2, Cancellation);
        Assert.Equal([0, 2, 4, 100, 102, 104], seen[0]);
        Assert.Equal([1, 3, 101, 103], seen[1]);
    }

    [Fact]
    public async Task Feed_WorkerThrows_EndsTheFeed()
    {
        AgentException e = await Assert.ThrowsAsync<AgentException>(() => new Script
        {
            Run = (agent, _) => agent.Feed(_ => Batches(1_000_000, 0), 1),
            Train = (agent, rows) => agent.Rank == 1 ? throw new InvalidDataException("NaN") : Task.CompletedTask,
        }.LaunchAsync(2, Cancellation));
        Assert.Equal("worker 1 failed in \"agent.train\": NaN", e.Message);
    }

    [Fact]
    public async Task PushMetric_FromAllWorkers_IsMergedAtTheCoordinator()
    {
        ScriptedAgent coordinator = await new Script
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
        }.LaunchAsync(2, Cancellation);
        var metric = (BinaryClassificationModelMetric)coordinator.Total;
        Assert.Equal(8, metric.InstanceCount);
        Assert.Equal(0.75, metric.Auc, 12);
    }

    [Fact]
    public async Task Shutdown_ByAWorker_EndsTheJobInGoodOrder()
    {
        ScriptedAgent coordinator = await new Script
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
        }.LaunchAsync(1, Cancellation);
        Assert.True(coordinator.IsCoordinator);
    }

    [Fact]
    public async Task Launch_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        Task<ScriptedAgent> job = new Script
        {
            Run = async (agent, token) =>
            {
                await source.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            },
        }.LaunchAsync(1, source.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job);
    }

    [Fact]
    public async Task Store_WithLayout_IsThere()
    {
        int tables = 0;
        await new Script
        {
            Servers = 3,
            Layout = new StoreLayout
            {
                RunId = Guid.NewGuid(),
                Tables = [new SparseTableSpec { Name = "t", Dimension = 2, Updater = new EmaTensorUpdater(), Initializer = new Zero() }],
                DenseTensors = [],
            },
            WorkerStart = (agent, _) =>
            {
                Interlocked.Add(ref tables, agent.Tables);
                return Task.CompletedTask;
            },
        }.LaunchAsync(2, Cancellation);
        Assert.Equal(2, tables);
    }

    [Fact]
    public async Task Store_WithoutLayout_SaysHow()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new Script { Run = (agent, _) => Task.FromResult(agent.Tables) }.LaunchAsync(1, Cancellation));
        Assert.Equal("the job has no parameters; override CreateLayout to name tables and tensors", e.Message);
    }

    [Fact]
    public async Task Find_RunningAgents_AreKnownByNameUntilTheJobEnds()
    {
        string name = "";
        await new Script
        {
            Run = (agent, _) =>
            {
                name = agent.JobName;
                Assert.Same(agent, Agent.Find(name, AgentAddress.Coordinator));
                Assert.True(Agent.Find(name, AgentAddress.Worker(1))!.IsWorker);
                Assert.Null(Agent.Find(name, AgentAddress.Worker(2)));
                return Task.CompletedTask;
            },
        }.LaunchAsync(2, Cancellation);
        Assert.Null(Agent.Find(name, AgentAddress.Coordinator));
    }

    [Fact]
    public void Rank_OutsideAJob_SaysHow()
    {
        ScriptedAgent.Now.Value = new Script();
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => new ScriptedAgent().Rank);
        Assert.Equal("the agent is not part of a running job; start it with PSLauncher", e.Message);
    }

    static async IAsyncEnumerable<RecordBatch> Batches(int count, int epoch)
    {
        Schema schema = new([new Field("n", Int32Type.Default, false)], null);
        for (int i = 0; i < count; i++)
        {
            yield return new RecordBatch(schema, [new Int32Array.Builder().Append((epoch * 100) + i).Build()], 1);
            await Task.Yield();
        }
    }

    sealed record Zero : TensorInitializer
    {
        public override void Fill(string name, ulong seed, Span<float> row) => row.Clear();

        public override void Fill(string name, ulong seed, Span<double> row) => row.Clear();

        public override IEnumerable<string> Validate() => [];
    }
}
