using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Tests.Embeddings;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Networks;

public class NetworkTests
{
    const int BatchSize = 5;
    const int FeatureCount = 3;
    const int EmbeddingSize = 4;

    static readonly string[] s_dense = ["x", "y"];

    static LinearNetwork New(string kind, bool hasDense, IReadOnlyList<int>? hiddenUnits = null, double dropout = 0, bool batchNorm = false)
    {
        string[] dense = hasDense ? s_dense : [];
        return kind switch
        {
            nameof(LogisticRegression) => new LogisticRegression(new() { Columns = Batches.Schema(FeatureCount), DenseColumns = dense }),
            nameof(FactorizationMachine) => new FactorizationMachine(new() { Columns = Batches.Schema(FeatureCount), DenseColumns = dense, EmbeddingSize = EmbeddingSize }),
            nameof(WideDeep) => new WideDeep(new() { Columns = Batches.Schema(FeatureCount), DenseColumns = dense, EmbeddingSize = EmbeddingSize, HiddenUnits = hiddenUnits ?? [6, 5], Dropout = dropout, BatchNorm = batchNorm }),
            _ => new DeepFm(new() { Columns = Batches.Schema(FeatureCount), DenseColumns = dense, EmbeddingSize = EmbeddingSize, HiddenUnits = hiddenUnits ?? [6, 5], Dropout = dropout, BatchNorm = batchNorm }),
        };
    }

    public static TheoryData<string, bool> Kinds() => new(
        from kind in (string[])[nameof(LogisticRegression), nameof(FactorizationMachine), nameof(WideDeep), nameof(DeepFm)]
        from dense in (bool[])[false, true]
        select (kind, dense));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Forward_Evaluation_EqualsFormulaInDouble(string kind, bool hasDense)
    {
        using var network = new TestNetwork(New(kind, hasDense), BatchSize, 3);
        float[] predictions = network.Predict(training: false);
        Assert.Equal(BatchSize, predictions.Length);
        for (int row = 0; row < BatchSize; row++) Assert.Equal(Expected(network, kind, hasDense, row), predictions[row], 1e-6);
    }

    static double Expected(TestNetwork network, string kind, bool hasDense, int row)
    {
        double logit = network.DenseTensor("bias")[0] + network.Pooled(0)[row].Sum(value => value[0]);
        double[] dense = [];
        if (hasDense)
        {
            // Running mean is random in the test network, running variance 1.
            double[] mean = network.DenseTensor("dense_normalization.running_mean");
            dense = [.. Enumerable.Range(0, 2).Select(i => (network.Dense[0][(row * 2) + i] - mean[i]) / Math.Sqrt(1 + 1e-5))];
            logit += dense.Zip(network.DenseTensor("dense_weight"), (x, w) => x * w).Sum();
        }

        if (kind is nameof(LogisticRegression)) return Sigmoid(logit);
        double[][] vectors = network.Pooled(1)[row];
        if (kind is not nameof(WideDeep))
        {
            // By pairs, not by the layer's identity.
            for (int i = 0; i < FeatureCount; i++)
                for (int j = i + 1; j < FeatureCount; j++) logit += vectors[i].Zip(vectors[j], (a, b) => a * b).Sum();
        }

        if (kind is nameof(FactorizationMachine)) return Sigmoid(logit);
        double[] x = [.. vectors.SelectMany(vector => vector), .. dense];
        for (int layer = 0; layer < 2; layer++)
            x = [.. Multiply(network.DenseTensor($"mlp.linear_{layer}.weight"), x).Zip(network.DenseTensor($"mlp.linear_{layer}.bias"), (a, b) => Math.Max(0, a + b))];
        return Sigmoid(logit + Multiply(network.DenseTensor("mlp.output.weight"), x)[0]);
    }

    static double[] Multiply(double[] weight, double[] x) =>
        [.. Enumerable.Range(0, weight.Length / x.Length).Select(r => Enumerable.Range(0, x.Length).Sum(c => weight[(r * x.Length) + c] * x[c]))];

    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Backward_Training_EqualsFiniteDifferences(string kind, bool hasDense)
    {
        using var network = new TestNetwork(New(kind, hasDense), BatchSize, 4);
        float[] labels = [1, 0, 0, 1, 1];
        network.Load(training: true);
        using (DisposeScope scope = NewDisposeScope())
            Loss(network.Model.Forward(new Minibatch(BatchSize, null, null, true, 1)), labels).backward();
        float[][] sparse = [.. network.Model.Operators.Select(op => Batches.Collect<float>(op, network.Batch).Gradients)];
        using DenseGradients dense = network.Model.TakeGradients();
        for (int table = 0; table < sparse.Length; table++)
        {
            for (int i = 0; i < sparse[table].Length; i++)
            {
                if (network.Batch.UniqueKeySpan[i / network.Model.Operators[table].EmbeddingSize] == 0) continue;
                Check(network, labels, network.Rows[table].AsMemory(i, 1), sparse[table][i]);
            }
        }

        for (int tensor = 0; tensor < network.Model.DenseTensors.Count; tensor++)
        {
            if (network.Model.DenseTensors[tensor].Name.Contains("running", StringComparison.Ordinal)) continue;
            Span<float> gradient = dense.Blocks[tensor].AsSpan<float>();
            for (int i = 0; i < gradient.Length; i += 3) Check(network, labels, tensor, i, gradient[i]);
        }
    }

    static void Check(TestNetwork network, float[] labels, Memory<float> weight, float gradient)
    {
        float before = weight.Span[0];
        weight.Span[0] = before + 1e-2f;
        double above = LossOf(network, labels);
        weight.Span[0] = before - 1e-2f;
        double below = LossOf(network, labels);
        weight.Span[0] = before;
        Assert.Equal((above - below) / 2e-2, gradient, 2e-3);
    }

    static void Check(TestNetwork network, float[] labels, int tensor, int element, float gradient)
    {
        Span<float> values = network.Model.DenseValues(tensor).AsSpan<float>();
        float before = values[element];
        values[element] = before + 1e-2f;
        double above = LossOf(network, labels);
        values[element] = before - 1e-2f;
        double below = LossOf(network, labels);
        values[element] = before;
        Assert.Equal((above - below) / 2e-2, gradient, 2e-3);
    }

    static double LossOf(TestNetwork network, float[] labels)
    {
        float[] predictions = network.Predict(training: true);
        return labels.Zip(predictions, (y, p) => -((y * Math.Log(p)) + ((1 - y) * Math.Log(1 - p)))).Average();
    }

    static Tensor Loss(Tensor predictions, float[] labels) =>
        nn.functional.binary_cross_entropy(predictions, tensor(labels).view(-1, 1));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Step_Repeated_KeepsTensorCount(string kind, bool hasDense)
    {
        using var network = new TestNetwork(New(kind, hasDense, dropout: 0.2, batchNorm: true), BatchSize, 5);
        var counts = new List<long>();
        for (int step = 0; step < 6; step++)
        {
            network.Load(training: true);
            using (DisposeScope scope = NewDisposeScope())
                Loss(network.Model.Forward(new Minibatch(BatchSize, null, null, true, (ulong)step)), [1, 0, 0, 1, 1]).backward();
            foreach (var op in network.Model.Operators) Batches.Collect<float>(op, network.Batch);
            network.Model.TakeGradients().Dispose();
            counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Single(counts.Skip(1).Distinct());
    }

    [Fact]
    public void Forward_Dropout_IsAFunctionOfTheSeedOnEveryThread()
    {
        using var network = new TestNetwork(New(nameof(DeepFm), false, [64, 64], dropout: 0.5), BatchSize, 6);
        using var other = new TestNetwork(New(nameof(DeepFm), false, [64, 64], dropout: 0.5), BatchSize, 6);
        float[] first = network.Predict(training: true, seed: 9);
        float[]? second = null;
        var noise = new Thread(() => { for (int i = 0; i < 50; i++) randn(100).Dispose(); });
        var thread = new Thread(() => second = other.Predict(training: true, seed: 9));
        noise.Start();
        thread.Start();
        thread.Join();
        noise.Join();
        Assert.Equal(first, second);
        Assert.NotEqual(first, network.Predict(training: true, seed: 10));
        Assert.Equal(network.Predict(training: false), network.Predict(training: false, seed: 3));
    }

    [Fact]
    public void Forward_BatchOfOneWithBatchNorm_IsFinite()
    {
        using var network = new TestNetwork(New(nameof(DeepFm), true, batchNorm: true), 1, 7);
        float prediction = Assert.Single(network.Predict(training: true));
        Assert.InRange(prediction, 0f, 1f);
    }

    [Fact]
    public void Tables_DeepFm_ShareOneSchema()
    {
        using var network = new TestNetwork(New(nameof(DeepFm), true), BatchSize, 8);
        Assert.Equal(["linear", "embedding"], network.Model.Tables.Select(table => table.Name));
        Assert.Equal([1, EmbeddingSize], network.Model.Tables.Select(table => table.Dimension));
        Assert.Single(network.Model.Schemas);
        Assert.Equal([0, 0], network.Model.SchemaOfOperator);
        Assert.Equal(
            ["bias", "dense_weight", "mlp.linear_0.weight", "mlp.linear_0.bias", "mlp.linear_1.weight", "mlp.linear_1.bias", "mlp.output.weight", "dense_normalization.running_mean", "dense_normalization.running_var"],
            network.Model.DenseTensors.Select(tensor => tensor.Name));
        Assert.Equal([1L, 1L], network.Model.DenseTensors[0].Shape);
        Assert.Equal([6L, 14L], network.Model.DenseTensors[2].Shape);
        Assert.Equal([6L, 1L], network.Model.DenseTensors[3].Shape);
    }

    [Fact]
    public void Constructor_BadOptions_ReportsAllProblems()
    {
        BadInputException error = Assert.Throws<BadInputException>(() => new DeepFm(new()
        {
            Columns = Batches.Schema(1),
            EmbeddingSize = 0,
            HiddenUnits = [],
            Dropout = 1,
            L2 = -1,
            DenseColumns = ["x", "x"],
        }));
        Assert.Equal(5, error.Problems.Count);
        Assert.Contains(error.Problems, problem => problem.Contains("dropout is 1", StringComparison.Ordinal));
    }
}
