using Apache.Arrow;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.Driver.Tests.Agents;

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

    public Task<AgentMessage> Send(AgentAddress to, AgentMessage request) => SendRequestAsync(to, request, default);

    public Task<AgentMessage[]> Broadcast(AgentGroup group, string command) => BroadcastRequestAsync(group, new(command), default);

    public Task Feed(Func<int, IAsyncEnumerable<RecordBatch>> rows, int epochs) => FeedTrainingDatasetAsync(rows, epochs, default);

    public void Count(float[] predictions, float[] labels) => Metric.Accumulate(predictions, labels, 0);

    public Task Push(CancellationToken cancellationToken) => PushMetricAsync(cancellationToken);

    public ModelMetric Total => Metric;

    public void End() => Shutdown();

    public int Tables => Store.Layout.Tables.Count;
}
