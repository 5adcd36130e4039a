using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Tests.Embeddings;
using MetaSpore.Spark.Model.Tests.Networks;
using MetaSpore.Spark.Model.Updaters;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Modules;

[Collection(nameof(GlobalGenerator))]
public class SparseModelTests
{
    sealed class Tower : SparseModule
    {
#pragma warning disable IDE1006 // The fields' names are the paths that the tests look for.
        readonly EmbeddingSumConcat embedding;
        readonly Sequential layers;
        readonly Parameter scale;
#pragma warning restore IDE1006

        public Tower(bool isFieldNamed = true) : base(nameof(Tower))
        {
            embedding = new EmbeddingSumConcat(2, Batches.Schema(2));
            layers = nn.Sequential(("norm", nn.BatchNorm1d(4, momentum: 0.3)), ("out", nn.Linear(4, 1)));
            scale = new Parameter(ones([]));
            if (isFieldNamed) RegisterComponents();
        }

        public override TensorUpdater? UpdaterOf(string tensorName) => tensorName == "layers.out.bias" ? new TestUpdater() : null;

        public override Tensor forward(Minibatch batch) => layers.call(embedding.call(batch)) * scale;
    }

    sealed class TwoTowers : SparseModule
    {
#pragma warning disable IDE1006 // The fields' names are the paths that the tests look for.
        readonly Tower user;
        readonly Tower again;
        readonly Tower item;
#pragma warning restore IDE1006

        public TwoTowers() : base(nameof(TwoTowers))
        {
            user = again = new Tower();
            item = new Tower();
            RegisterComponents();
        }

        public SparseModule User => again;

        public override Tensor forward(Minibatch batch) => user.call(batch) * item.call(batch);
    }

    [Fact]
    public void Constructor_UsersModule_NamesTensorsByPath()
    {
        using var model = new SparseModel(new Tower(), TestNetwork.Defaults);
        SparseTableSpec table = Assert.Single(model.Tables);
        Assert.Equal("embedding", table.Name);
        Assert.Equal(2, table.Dimension);
        Assert.Equal(
            ["layers.norm.bias", "layers.norm.running_mean", "layers.norm.running_var", "layers.norm.weight", "layers.out.bias", "layers.out.weight", "scale"],
            model.DenseTensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        DenseTensorSpec Spec(string name) => model.DenseTensors.Single(tensor => tensor.Name == name);
        Assert.Equal([1L, 1L], Spec("scale").Shape);
        Assert.Equal([4L, 1L], Spec("layers.norm.weight").Shape);
        Assert.Equal([1L, 4L], Spec("layers.out.weight").Shape);
        Assert.Equal(new EmaTensorUpdater(0.3f), Spec("layers.norm.running_mean").Updater);
        Assert.IsType<TestUpdater>(Spec("layers.out.bias").Updater);
    }

    [Fact]
    public void Constructor_SharedModule_IsNamedOnce()
    {
        using var module = new TwoTowers();
        using var model = new SparseModel(module, TestNetwork.Defaults);
        Assert.Equal(2, model.Operators.Count);
        Assert.Equal(14, model.DenseTensors.Count);
        Assert.Equal(2, model.DenseTensors.Count(tensor => tensor.Name.EndsWith("scale", StringComparison.Ordinal)));
    }

    [Fact]
    public void GetSubmodel_Tower_SharesMemoryAndNames()
    {
        using var module = new TwoTowers();
        using var model = new SparseModel(module, TestNetwork.Defaults);
        string path = model.Tables[0].Name.Split('.')[0];
        using SparseModel tower = model.GetSubmodel(module.User, path);
        Assert.Equal($"{path}.embedding", Assert.Single(tower.Tables).Name);
        Assert.Equal(7, tower.DenseTensors.Count);
        foreach (DenseTensorSpec spec in tower.DenseTensors)
        {
            int here = tower.DenseTensors.ToList().IndexOf(spec);
            int there = model.DenseTensors.Select(tensor => tensor.Name).ToList().IndexOf(spec.Name);
            Assert.Equal(model.DenseValues(there).Address, tower.DenseValues(here).Address);
            Assert.Equal(model.DenseTensors[there].Updater, spec.Updater);
        }

        ArgumentException error = Assert.Throws<ArgumentException>(() => model.GetSubmodel(module.User, "item"));
        Assert.Contains("'item'", error.Message, StringComparison.Ordinal);
        Assert.Contains("no module", Assert.Throws<ArgumentException>(() => model.GetSubmodel(module.User, "nowhere")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TakeGradients_StockBatchNorm_PushesTheBatchStatistics()
    {
        using var network = new TestNetwork(new Tower(), 6, 3);
        SparseModel model = network.Model;
        network.Load(training: true);
        using DisposeScope scope = NewDisposeScope();
        model.Forward(new Minibatch(6, null, null, true, 1)).sum().backward();
        using DenseGradients gradients = model.TakeGradients();
        int mean = model.DenseTensors.Select(tensor => tensor.Name).ToList().IndexOf("layers.norm.running_mean");
        double[][] inputs = [.. network.Pooled(0).Select(row => row.SelectMany(value => value).ToArray())];
        for (int c = 0; c < 4; c++)
        {
            double average = inputs.Average(row => row[c]);
            Assert.Equal(average, gradients.Blocks[mean].AsSpan<float>()[c], 1e-5);
            Assert.Equal(inputs.Sum(row => Math.Pow(row[c] - average, 2)) / 5, gradients.Blocks[mean + 1].AsSpan<float>()[c], 1e-5);
        }
    }

    [Fact]
    public void TakeGradients_Step_LeavesNoneAndSurvivesTheNextStep()
    {
        using var network = new TestNetwork(new LogisticRegression(new() { Columns = Batches.Schema(2) }), 4, 3);
        SparseModel model = network.Model;
        using DisposeScope scope = NewDisposeScope();
        network.Load(training: true);
        model.Forward(new Minibatch(4, null, null, true, 1)).sum().backward();
        using DenseGradients first = model.TakeGradients();
        float value = first.Blocks[0].AsSpan<float>()[0];
        Assert.NotEqual(0, value);
        network.Load(training: true);
        (model.Forward(new Minibatch(4, null, null, true, 1)).sum() * 3).backward();
        using DenseGradients second = model.TakeGradients();
        Assert.Equal(value, first.Blocks[0].AsSpan<float>()[0]);
        Assert.Equal(3 * value, second.Blocks[0].AsSpan<float>()[0], 1e-5);
        using DenseGradients none = model.TakeGradients();
        Assert.True(none.Blocks[0].IsEmpty);
        var exchange = new StepExchange();
        none.AddPushes(exchange);
        Assert.Empty(exchange.DensePushes);
        first.AddPushes(exchange);
        Assert.Equal(0, Assert.Single(exchange.DensePushes).Tensor);
    }

    [Fact]
    public void LoadDense_StagedPulls_ReachTheNetwork()
    {
        using var network = new TestNetwork(new DeepFm(new() { Columns = Batches.Schema(2), EmbeddingSize = 3, HiddenUnits = [5] }), 4, 3);
        SparseModel model = network.Model;
        using var staging = new NativeBuffer();
        NativeBlock block = staging.Reserve<byte>(model.DenseByteLength);
        var exchange = new StepExchange();
        model.AddDensePulls(exchange, block);
        float next = 1;
        foreach (DensePull pull in exchange.DensePulls) foreach (ref float value in pull.Values.AsSpan<float>()) value = next++;
        model.LoadDense(block);
        Assert.Equal(Enumerable.Range(1, (int)next - 1).Select(value => (double)value), model.DenseTensors.SelectMany(tensor => model.ExportDense()[tensor.Name]));
        exchange.Clear();
        model.AddDensePulls(exchange);
        Assert.Equal(model.DenseValues(1).Address, exchange.DensePulls[1].Values.Address);
    }

    [Fact]
    public void ImportDense_Export_RoundTripsAndChecksNames()
    {
        var options = new WideDeepOptions { Columns = Batches.Schema(2), EmbeddingSize = 3, HiddenUnits = [5], BatchNorm = true };
        using var from = new TestNetwork(new WideDeep(options), 4, 3);
        using var to = new TestNetwork(new WideDeep(options), 4, 3);
        for (int i = 0; i < to.Model.DenseTensors.Count; i++) to.Model.DenseValues(i).AsSpan<float>().Fill(0.5f);
        to.Model.ImportDense(from.Model.ExportDense());
        Assert.Equal(from.Predict(training: false), to.Predict(training: false));
        Assert.Contains("'bios'", Assert.Throws<ArgumentException>(() => to.Model.ImportDense(new Dictionary<string, double[]> { ["bios"] = [1] })).Message, StringComparison.Ordinal);
        Assert.Contains("1 elements, not 2", Assert.Throws<ArgumentException>(() => to.Model.ImportDense(new Dictionary<string, double[]> { ["bias"] = [1, 2] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_SameSeed_SameWeights()
    {
        Spec<SparseModule> spec = ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = Batches.Schema(2), HiddenUnits = [5] });
        double[] Weights(ulong seed)
        {
            using SparseModel model = SparseModel.Create(spec, TestNetwork.Defaults, seed);
            return model.ExportDense()["mlp.linear_0.weight"];
        }

        Assert.Equal(Weights(7), Weights(7));
        Assert.NotEqual(Weights(7), Weights(8));
    }

    sealed class Wrong : SparseModule
    {
        public Wrong() : base(nameof(Wrong))
        {
            register_module("a/b", new EmbeddingSumConcat(2, Batches.Schema(1), new EmbeddingOptions { Initializer = new NormalTensorInitializer(0, -1) }));
            register_parameter("half", new Parameter(ones(3, ScalarType.Float16)));
            register_parameter("averaged", new Parameter(ones(3)));
        }

        public override TensorUpdater? UpdaterOf(string tensorName) => tensorName == "averaged" ? new EmaTensorUpdater() : null;

        public override Tensor forward(Minibatch batch) => throw new NotSupportedException();
    }

    [Fact]
    public void Constructor_SeveralProblems_ReportsAll()
    {
        using var module = new Wrong();
        BadInputException error = Assert.Throws<BadInputException>(() => new SparseModel(module, TestNetwork.Defaults));
        Assert.Equal(4, error.Problems.Count);
        Assert.Contains(error.Problems, problem => problem.Contains("'a/b' names files", StringComparison.Ordinal));
        Assert.Contains(error.Problems, problem => problem.Contains("'half' is Float16 3 on CPU", StringComparison.Ordinal));
        Assert.Contains(error.Problems, problem => problem.Contains("'averaged'", StringComparison.Ordinal));
    }

    [Fact]
    public void Constructor_NothingRegistered_SaysHow()
    {
        using var module = new Tower(isFieldNamed: false);
        BadInputException error = Assert.Throws<BadInputException>(() => new SparseModel(module, TestNetwork.Defaults));
        Assert.Contains("RegisterComponents", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forward_Modes_SwitchTheModule()
    {
        using var network = new TestNetwork(new Tower(), 4, 3);
        network.Predict(training: false);
        Assert.False(network.Model.Module.training);
        network.Predict(training: true);
        Assert.True(network.Model.Module.training);
    }
}
