using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.Udfs.Workers;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>A user's own code on workers, as specs: steps, hooks, agents.</summary>
public sealed class WorkerPartsTests : IDisposable
{
    readonly ClickLog _log = new(500);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    TorchEstimator Estimator(string output = "model") => new(ModuleSpec.Of<TwoTowers>())
    {
        ModelOutPath = _log.Out(output),
        BatchSize = 50,
        TorchThreads = 1,
        DenseUpdater = new SgdTensorUpdater(0.1),
    };

    [Fact]
    public async Task ValidationMinibatchTransformer_ReplacesForwardInValidationAndScoring()
    {
        TorchEstimator estimator = Estimator() with
        {
            ValidationMinibatchTransformer = Spec<MinibatchTransformer>.Of<ConstantPredictions>(new ConstantOptions(0.25f)),
            ValidationDataset = _log.Rows,
        };
        TorchModel model = await estimator.FitAsync(_log.Rows, Token);
        string[] labels = [.. File.ReadLines(_log.Out("rows.csv")).Skip(1).Select(line => line.Split(',')[^1])];
        double expected = labels.Average(label => -Math.Log(label == "1" ? 0.25 : 0.75));
        Assert.Equal(expected, model.Summary!.Validation!.LogLoss, 6);
        Assert.NotEqual(expected, model.Summary.Train!.LogLoss, 6);
        Assert.Equal(expected, (await TorchModel.Load(model.ModelInPath).EvaluateAsync(_log.Rows, Token)).LogLoss, 6);
    }

    [Fact]
    public async Task MinibatchTransformers_WithoutLossOrWithWrongShape_AreNamed()
    {
        TorchEstimator noLoss = Estimator() with
        {
            TrainingMinibatchTransformer = Spec<MinibatchTransformer>.Of<ConstantPredictions>(new ConstantOptions(0, WithLoss: false)),
        };
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => noLoss.FitAsync(_log.Rows, Token));
        Assert.Equal($"{typeof(ConstantPredictions).FullName} gives no loss in training; expected a scalar, the mean over the batch.", error.Message);

        TorchEstimator wrongShape = Estimator() with
        {
            ValidationMinibatchTransformer = Spec<MinibatchTransformer>.Of<ConstantPredictions>(new ConstantOptions(0, WrongShape: true)),
            ValidationDataset = _log.Rows,
        };
        error = await Assert.ThrowsAsync<BadInputException>(() => wrongShape.FitAsync(_log.Rows, Token));
        Assert.Equal(
            $"{typeof(ConstantPredictions).FullName} gives predictions of shape (500) and type Float32 for 500 rows; expected (500, 1) of Float32: one number a row.",
            error.Message);
    }

    [Fact]
    public async Task Sync_OfASubmodelAndOfTheModel_ReadsTheStore()
    {
        int number = Diary.NewNumber();
        await (Estimator() with { WorkerHooks = Spec<WorkerHooks>.Of<SyncingHooks>(new DiaryOptions(number)), ServerCount = 2 }).FitAsync(_log.Rows, Token);
        Dictionary<string, string>[] notes = [.. Diary.Read(number).Select(line => line.Split(';').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]))];
        CheckpointReader saved = CheckpointReader.Open(_log.Out("model"));
        Dictionary<string, string> stored = saved.DenseTensors.ToDictionary(tensor => tensor.Name, tensor => Convert.ToHexString(saved.ReadDense(tensor.Name)));
        Assert.Equal(["item.linear.bias", "item.linear.weight", "user.linear.bias", "user.linear.weight"], stored.Keys.Order());
        Assert.All(stored, tensor => Assert.NotEqual(tensor.Value, notes[0][tensor.Key]));
        Assert.All(stored, tensor => Assert.Equal(tensor.Key.StartsWith("user.", StringComparison.Ordinal), tensor.Value == notes[1][tensor.Key]));
        Assert.All(stored, tensor => Assert.Equal(tensor.Value, notes[2][tensor.Key]));
    }

    [Fact]
    public async Task AgentClass_RunsAroundTheTraining()
    {
        int number = Diary.NewNumber();
        var messages = new MessageObserver();
        TorchEstimator estimator = Estimator() with
        {
            WorkerCount = 2,
            ServerCount = 3,
            TrainingEpochs = 2,
            AgentClass = Spec<TorchAgent>.Of<NotingAgent>(new NotingAgentOptions(number)),
            Observer = messages,
        };
        TorchModel model = await estimator.FitAsync(_log.Rows, Token);
        string[] lines = Diary.Read(number);
        Assert.Equal(["start 0 0 TwoTowers 3", "start 1 1 TwoTowers 3"], lines[..2].Order());
        Assert.Equal(["feed 2", "rows 1000"], lines[2..4]);
        Assert.Equal(["stop 0", "stop 1"], lines[4..].Order());
        Assert.Equal(1000, model.Summary!.Rows);
        Assert.Equal(["worker 0 is ready", "worker 1 is ready"], messages.Texts.Order());
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task AgentClass_TrainMinibatch_DecidesTheStep(float scale, bool same)
    {
        await Estimator("plain").FitAsync(_log.Rows, Token);
        await (Estimator("agents") with
        {
            AgentClass = Spec<TorchAgent>.Of<NotingAgent>(new NotingAgentOptions(Diary.NewNumber(), LossScale: scale)),
        }).FitAsync(_log.Rows, Token);
        byte[] plain = CheckpointReader.Open(_log.Out("plain")).ReadDense("user.linear.weight");
        Assert.Equal(same, plain.SequenceEqual(CheckpointReader.Open(_log.Out("agents")).ReadDense("user.linear.weight")));
    }

    [Fact]
    public async Task AgentClass_Shutdown_InterruptsWithACheckpointThatResumes()
    {
        TorchEstimator estimator = Estimator() with
        {
            AgentClass = Spec<TorchAgent>.Of<NotingAgent>(new NotingAgentOptions(Diary.NewNumber(), ShutdownAtStep: 3)),
            Checkpoint = new CheckpointOptions(_log.Out("checkpoints")),
        };
        OperationCanceledException canceled = await Assert.ThrowsAsync<OperationCanceledException>(() => estimator.FitAsync(_log.Rows, Token));
        Assert.StartsWith($"Training was interrupted; fit again with Resume = true to continue from '{_log.Out("checkpoints")}", canceled.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_log.Out("model")));

        TorchModel model = await (estimator with { AgentClass = null, Resume = true }).FitAsync(_log.Rows, Token);
        await (Estimator("whole") with { Checkpoint = new CheckpointOptions(_log.Out("other")) }).FitAsync(_log.Rows, Token);
        Assert.Equal(500, model.Summary!.Rows);
        Assert.Equal(
            CheckpointReader.Open(_log.Out("whole")).ReadDense("item.linear.weight"), CheckpointReader.Open(_log.Out("model")).ReadDense("item.linear.weight"));
    }

    [Fact]
    public async Task AgentClass_ThatDoesNotTrainOrFails_IsNamed()
    {
        TorchEstimator estimator = Estimator();
        BadInputException idle = await Assert.ThrowsAsync<BadInputException>(() => (estimator with
        {
            AgentClass = Spec<TorchAgent>.Of<NotingAgent>(new NotingAgentOptions(Diary.NewNumber(), Trains: false)),
        }).FitAsync(_log.Rows, Token));
        Assert.Equal(
            $"{typeof(NotingAgent).FullName} ended without training; call TrainAsync, or base.FeedAsync, where it overrides FeedAsync or RunAsync.", idle.Message);

        AgentException failed = await Assert.ThrowsAsync<AgentException>(() => (estimator with
        {
            WorkerCount = 2,
            AgentClass = Spec<TorchAgent>.Of<NotingAgent>(new NotingAgentOptions(Diary.NewNumber(), FailingWorker: 1)),
        }).FitAsync(_log.Rows, Token));
        Assert.Contains("as asked", failed.Message, StringComparison.Ordinal);

        BadInputException unknown = await Assert.ThrowsAsync<BadInputException>(() => (estimator with
        {
            BatchSize = 0,
            AgentClass = Spec<TorchAgent>.Of<NotingAgent>(new NotingAgentOptions(0)) with { Type = "No.Such" },
        }).FitAsync(_log.Rows, Token));
        Assert.Equal(2, unknown.Problems.Count);
        Assert.Contains("has no type 'No.Such'", unknown.Problems[1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(_log.Out("model")));
    }

    sealed class MessageObserver : ITrainingObserver
    {
        public List<string> Texts { get; } = [];

        public void OnStart(TrainingStart start)
        {
        }

        public void OnProgress(TrainingProgress progress)
        {
        }

        public void OnEpochEnd(EpochResult result)
        {
        }

        public void OnCheckpoint(CheckpointNotice checkpoint)
        {
        }

        public void OnMessage(TrainingMessage message) => Texts.Add(message.Text);

        public void OnEnd(TrainingSummary summary)
        {
        }
    }
}
