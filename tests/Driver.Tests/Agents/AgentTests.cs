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
