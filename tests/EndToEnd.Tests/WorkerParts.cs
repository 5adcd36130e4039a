using System.Collections.Concurrent;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Udfs.Workers;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>What specs say about their life, by the number of their test: each test takes a new one.</summary>
public static class Diary
{
    static readonly ConcurrentDictionary<int, ConcurrentQueue<string>> s_lines = new();
    static int s_last;

    public static int NewNumber() => Interlocked.Increment(ref s_last);

    public static void Write(int number, string line) => s_lines.GetOrAdd(number, _ => []).Enqueue(line);

    public static string[] Read(int number) => [.. s_lines.GetValueOrDefault(number) ?? []];
}

public sealed record ConstantOptions(float Value, bool WrongShape = false, bool WithLoss = true);

/// <summary>Gives every row the same prediction.</summary>
public sealed class ConstantPredictions(ConstantOptions options) : MinibatchTransformer
{
    public override (Tensor Predictions, Tensor? Loss) Transform(SparseModel model, Minibatch minibatch, LossFunction loss)
    {
        if (minibatch.Training)
        {
            Tensor predictions = model.Forward(minibatch);
            return (predictions, options.WithLoss ? loss.Compute(predictions, minibatch.Labels!) : null);
        }

        Assert.False(is_grad_enabled());
        Assert.Equal([minibatch.BatchSize, 1], minibatch.Labels!.shape);
        return (full(options.WrongShape ? [minibatch.BatchSize] : [minibatch.BatchSize, 1], options.Value), null);
    }
}

/// <summary>A tower over an embedding, registered below the network.</summary>
public sealed class Tower : nn.Module<Minibatch, Tensor>
{
    readonly EmbeddingSumConcat _embedding;
    readonly Linear _linear;

    public Tower(EmbeddingSumConcat embedding, long width) : base(nameof(Tower))
    {
        register_module("embedding", _embedding = embedding);
        register_module("linear", _linear = nn.Linear(width, 1));
    }

    public override Tensor forward(Minibatch input) => _linear.call(_embedding.call(input));
}

/// <summary>Two towers, added up.</summary>
public sealed class TwoTowers : SparseModule
{
    public TwoTowers() : base(nameof(TwoTowers))
    {
        register_module("user", User = new Tower(Of("user"), 4));
        register_module("item", Item = new Tower(Of("item"), 4));
    }

    public Tower User { get; }

    public Tower Item { get; }

    public override Tensor forward(Minibatch input) => (User.call(input) + Item.call(input)).sigmoid();

    static EmbeddingSumConcat Of(string column) => new(4, new CombineSchema([new CombineFeature([column])]));
}

public sealed record DiaryOptions(int Number);

/// <summary>Notes the dense tensors at a worker's end: as the last step left them, of one tower synchronised, of both.</summary>
public sealed class SyncingHooks(DiaryOptions options) : WorkerHooks
{
    public override void OnStop(WorkerSession worker)
    {
        var towers = (TwoTowers)worker.Model.Module;
        Note(worker);
        using SparseModel user = worker.Model.GetSubmodel(towers.User, "user");
        user.Sync();
        Note(worker);
        worker.Model.Sync();
        Note(worker);
    }

    void Note(WorkerSession worker) => Diary.Write(options.Number, string.Join(';', worker.Model.DenseTensors.Select((spec, i) =>
        $"{spec.Name}={Convert.ToHexString(worker.Model.DenseValues(i).AsSpan<byte>())}")));
}

public sealed record NotingAgentOptions(int Number, int ShutdownAtStep = -1, bool Trains = true, int FailingWorker = -1, float LossScale = 1);

/// <summary>Notes its life, counts its worker's rows, and tells the coordinator when asked.</summary>
public sealed class NotingAgent(NotingAgentOptions options) : TorchAgent
{
    readonly Lock _lock = new();
    int _rows;
    int _steps;

    protected override async Task FeedAsync(CancellationToken cancellationToken)
    {
        Note($"feed {Estimator.TrainingEpochs}");
        if (!options.Trains) return;
        await base.FeedAsync(cancellationToken);
        AgentMessage[] rows = await BroadcastRequestAsync(AgentGroup.Workers, new AgentMessage("rows"), cancellationToken);
        Note($"rows {rows.Sum(answer => int.Parse(answer.Body, System.Globalization.CultureInfo.InvariantCulture))}");
    }

    protected internal override async Task WorkerStartAsync(CancellationToken cancellationToken)
    {
        if (Rank == options.FailingWorker) throw new InvalidDataException("as asked");
        await BarrierAsync(cancellationToken);
        Note($"start {Rank} {Worker.Rank} {Worker.Model.Module.GetType().Name} {Store.ShardCount}");
        Logger.Log(Microsoft.Extensions.Logging.LogLevel.Information, default, $"worker {Rank} is ready", null, (state, _) => state);
    }

    protected internal override Task WorkerStopAsync(CancellationToken cancellationToken)
    {
        Note($"stop {Rank}");
        return Task.CompletedTask;
    }

    protected internal override Task<AgentMessage> HandleRequestAsync(AgentAddress sender, AgentMessage request, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(new AgentMessage("rows", $"{_rows}"));
    }

    protected internal override (Tensor Predictions, Tensor? Loss) TrainMinibatch(SparseModel model, Minibatch minibatch, LossFunction loss)
    {
        Assert.Same(this, Current);
        lock (_lock)
        {
            _rows += minibatch.BatchSize;
            if (++_steps == options.ShutdownAtStep) Shutdown();
        }

        (Tensor predictions, Tensor? value) = base.TrainMinibatch(model, minibatch, loss);
        return (predictions, value! * options.LossScale);
    }

    void Note(string line) => Diary.Write(options.Number, line);
}
