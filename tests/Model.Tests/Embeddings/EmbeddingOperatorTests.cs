using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Embeddings;

public class EmbeddingOperatorTests
{
    static readonly Minibatch s_minibatch = new(0, null, null, true, 0);

    public static TheoryData<Pooling, int, int, int, int> Shapes()
    {
        var data = new TheoryData<Pooling, int, int, int, int>();
        foreach (Pooling pooling in Enum.GetValues<Pooling>())
        {
            foreach (int dimension in (int[])[1, 3, 8, 16, 37])
            {
                data.Add(pooling, 1, 1, dimension, 1);
                data.Add(pooling, 7, 3, dimension, 1);
                data.Add(pooling, 7, 3, dimension, 4);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SumConcat_RandomBags_EqualsTorchEmbeddingBag(Pooling pooling, int batchSize, int featureCount, int dimension, int maxLength)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(batchSize + dimension + maxLength);
        using SparseBatch batch = Batches.Of(featureCount, Batches.RandomSlots(random, batchSize * featureCount, maxLength, 9));
        float[] rows = Batches.RandomRows(random, batch, dimension);
        using var op = new EmbeddingSumConcat(dimension, Batches.Schema(featureCount), new EmbeddingOptions { Pooling = pooling });
        CheckAgainstTorch(op, batch, rows, [.. batch.Offsets[..^1]], batchSize, featureCount * dimension);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void RangeSum_RandomBags_EqualsTorchEmbeddingBagOfRows(Pooling pooling, int batchSize, int featureCount, int dimension, int maxLength)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(100 + batchSize + dimension + maxLength);
        using SparseBatch batch = Batches.Of(featureCount, Batches.RandomSlots(random, batchSize * featureCount, maxLength, 9));
        float[] rows = Batches.RandomRows(random, batch, dimension);
        using var op = new EmbeddingRangeSum(dimension, Batches.Schema(featureCount), new EmbeddingOptions { Pooling = pooling });
        int[] offsets = [.. Enumerable.Range(0, batchSize).Select(b => batch.Offsets[b * featureCount])];
        CheckAgainstTorch(op, batch, rows, offsets, batchSize, dimension);
    }

    static void CheckAgainstTorch(EmbeddingOperator op, SparseBatch batch, float[] rows, int[] offsets, int outputRows, int outputColumns)
    {
        int dimension = op.EmbeddingSize;
        TorchSharp.Modules.EmbeddingBag bag = nn.EmbeddingBag_from_pretrained(
            tensor(rows).view(-1, dimension), freeze: false, mode: (EmbeddingBagMode)op.Pooling);
        Tensor weight = bag.weight!;
        Tensor expected = bag.call(tensor(batch.IndexSpan.ToArray()).to(int64), tensor(offsets).to(int64)).view(outputRows, outputColumns);
        var random = new Random(1);
        Tensor factor = tensor(Enumerable.Range(0, outputRows * outputColumns).Select(_ => random.NextSingle()).ToArray()).view(outputRows, outputColumns);
        (expected * factor).sum().backward();

        Batches.Load(op, batch, rows, training: true);
        Tensor output = op.call(s_minibatch);
        Assert.Equal([outputRows, outputColumns], output.shape);
        AssertClose(Batches.Values(expected), Batches.Values(output), 1e-6);
        (output * factor).sum().backward();
        (float[] gradients, bool has) = Batches.Collect<float>(op, batch);
        Assert.True(has);
        AssertClose(Batches.Values(weight.grad!), gradients, 1e-5);
    }

    [Fact]
    public void Max_EqualElements_FirstValueReceivesTheGradient()
    {
        using SparseBatch batch = Batches.Of(1, [5, 6, 5]);
        using var op = new EmbeddingSumConcat(2, Batches.Schema(1), new EmbeddingOptions { Pooling = Pooling.Max });
        Batches.Load(op, batch, [1f, 2f, 1f, 3f], training: true);
        using Tensor output = op.call(s_minibatch);
        Assert.Equal([1f, 3f], Batches.Values(output));
        output.sum().backward();
        Assert.Equal([1f, 0f, 0f, 1f], Batches.Collect<float>(op, batch).Gradients);
    }

    [Fact]
    public void Mean_Padding_CountsAsZeroVector()
    {
        using SparseBatch batch = Batches.Of(1, [0, 6]);
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1), new EmbeddingOptions { Pooling = Pooling.Mean });
        Batches.Load(op, batch, [0f, 3f], training: true);
        using Tensor output = op.call(s_minibatch);
        Assert.Equal([1.5f], Batches.Values(output));
    }

    [Fact]
    public void Max_Padding_Competes()
    {
        using SparseBatch batch = Batches.Of(1, [6, 0]);
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1), new EmbeddingOptions { Pooling = Pooling.Max });
        Batches.Load(op, batch, [-3f, 0f], training: true);
        using Tensor output = op.call(s_minibatch);
        Assert.Equal([0f], Batches.Values(output));
    }

    [Fact]
    public void Lookup_Sequences_GivesEveryVectorAndOffsets()
    {
        using SparseBatch batch = Batches.Of(2, [7, 8], [7], [0], [9, 7, 8]);
        using var op = new EmbeddingLookup(1, Batches.Schema(2));
        Batches.Load(op, batch, [1f, 2f, 0f, 4f], training: true);
        using Tensor output = op.call(s_minibatch);
        Assert.Equal([7, 1], output.shape);
        Assert.Equal([1f, 2f, 1f, 0f, 4f, 1f, 2f], Batches.Values(output));
        Assert.Equal([0L, 2L, 3L, 4L], op.Offsets.data<long>().ToArray());
        (output * tensor(new[] { 1f, 10f, 100f, 1000f, 1e4f, 1e5f, 1e6f }).view(7, 1)).sum().backward();
        Assert.Equal([100101f, 1000010f, 1000f, 10000f], Batches.Collect<float>(op, batch).Gradients);
    }

    [Fact]
    public void Load_Float64_KeepsDoublePrecision()
    {
        using SparseBatch batch = Batches.Of(1, [3, 4], [4]);
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1), new EmbeddingOptions { ElementType = ElementType.Float64 });
        Batches.Load(op, batch, [1.0, 1e-12], training: true);
        using Tensor output = op.call(s_minibatch);
        Assert.Equal([1.0 + 1e-12, 1e-12], output.data<double>().ToArray());
        output.sum().backward();
        Assert.Equal([1.0, 2.0], Batches.Collect<double>(op, batch).Gradients);
    }

    [Fact]
    public void CollectGradients_L2_AddsTwiceLambdaTimesWeight()
    {
        using SparseBatch batch = Batches.Of(1, [3], [3], [4]);
        using var op = new EmbeddingSumConcat(2, Batches.Schema(1), new EmbeddingOptions { L2 = 0.25 });
        Batches.Load(op, batch, [1f, 2f, 3f, -4f], training: true);
        op.call(s_minibatch).sum().backward();
        Assert.Equal([2.5f, 3f, 2.5f, -1f], Batches.Collect<float>(op, batch).Gradients);
    }

    [Fact]
    public void CollectGradients_OutputUnused_GivesZerosAndNothingToPush()
    {
        using SparseBatch batch = Batches.Of(1, [3], [4]);
        using var op = new EmbeddingSumConcat(2, Batches.Schema(1));
        Batches.Load(op, batch, new float[4], training: true);
        (float[] gradients, bool has) = Batches.Collect<float>(op, batch);
        Assert.False(has);
        Assert.Equal(new float[4], gradients);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Load_NotTrained_OutputNeedsNoGradient(bool requiresGrad, bool training)
    {
        using SparseBatch batch = Batches.Of(1, [3]);
        using var op = new EmbeddingSumConcat(2, Batches.Schema(1), new EmbeddingOptions { RequiresGrad = requiresGrad, UseNanFill = true });
        Batches.Load(op, batch, new float[2], training);
        using Tensor output = op.call(s_minibatch);
        Assert.False(output.requires_grad);
        Assert.True(op.IsReadOnly(training));
        Assert.True(op.IsNanFilled(training));
    }

    [Fact]
    public void Forward_OutputDisposedByTheNetwork_GradientStillArrives()
    {
        using SparseBatch batch = Batches.Of(1, [3]);
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1));
        Batches.Load(op, batch, [2f], training: true);
        using (Tensor first = op.call(s_minibatch))
        using (Tensor second = op.call(s_minibatch))
        using (Tensor loss = (first * second).sum()) loss.backward();
        Assert.Equal([4f], Batches.Collect<float>(op, batch).Gradients);
    }

    [Fact]
    public void Load_SeveralSteps_ReusesMemoryAndKeepsTensorCount()
    {
        using var op = new EmbeddingSumConcat(4, Batches.Schema(2));
        var counts = new HashSet<long>();
        for (int step = 0; step < 6; step++)
        {
            var random = new Random(step);
            using SparseBatch batch = Batches.Of(2, Batches.RandomSlots(random, 2 * (12 - step), 2, 30));
            float[] rows = Batches.RandomRows(random, batch, 4);
            using (DisposeScope scope = NewDisposeScope())
            {
                Batches.Load(op, batch, rows, training: true);
                op.call(s_minibatch).square().sum().backward();
            }

            Batches.Collect<float>(op, batch);
            counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Single(counts);
    }

    [Fact]
    public void Forward_NothingLoaded_SaysWhatToDo()
    {
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1));
        Exception error = Assert.ThrowsAny<Exception>(() => op.forward(s_minibatch));
        Assert.Contains("call Load", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WrongShapes_NamesBoth()
    {
        using SparseBatch batch = Batches.Of(2, [3], [4]);
        using var one = new EmbeddingSumConcat(1, Batches.Schema(1));
        Assert.Contains("2 features", Assert.Throws<ArgumentException>(() => Batches.Load(one, batch, new float[2], true)).Message, StringComparison.Ordinal);
        using var two = new EmbeddingSumConcat(3, Batches.Schema(2));
        Assert.Contains("need 24", Assert.Throws<ArgumentException>(() => Batches.Load(two, batch, new float[2], true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Updater_SetTwice_Throws()
    {
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1));
        op.Updater = new EmaTensorUpdater();
        Assert.Contains("set once", Assert.Throws<InvalidOperationException>(() => op.Updater = new EmaTensorUpdater()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClearAsync_Unbound_Throws()
    {
        using var op = new EmbeddingSumConcat(1, Batches.Schema(1));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await op.ClearAsync());
        bool isCleared = false;
        op.BindStore(_ =>
        {
            isCleared = true;
            return ValueTask.CompletedTask;
        });
        await op.ClearAsync();
        Assert.True(isCleared);
    }

    internal static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
