using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Tests.Embeddings;
using MetaSpore.Spark.Model.Updaters;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Networks;

/// <summary>A wrapped network with a loaded batch and random rows, for tests.</summary>
sealed class TestNetwork : IDisposable
{
    public static readonly SparseModelDefaults Defaults = new()
    {
        SparseUpdater = new EmaTensorUpdater(),
        SparseInitializer = new ZeroTensorInitializer(),
        DenseUpdater = new TestUpdater(),
    };

    public TestNetwork(nn.Module<Minibatch, Tensor> module, int batchSize, int seed, int maxLength = 2)
    {
        Model = new SparseModel(module, Defaults);
        var random = new Random(seed);
        int featureCount = Model.Operators[0].FeatureCount;
        Batch = Batches.Of(featureCount, Batches.RandomSlots(random, batchSize * featureCount, maxLength, 12));
        Rows = [.. Model.Operators.Select(op => Batches.RandomRows(random, Batch, op.EmbeddingSize))];
        Dense = [.. Model.Casts.Select(cast => Enumerable.Range(0, batchSize * cast.Columns.Count).Select(_ => (float)random.NextDouble()).ToArray())];
        for (int i = 0; i < Model.DenseTensors.Count; i++)
        {
            if (Model.DenseTensors[i].Name.EndsWith("running_var", StringComparison.Ordinal)) continue;
            Span<float> values = Model.DenseValues(i).AsSpan<float>();
            for (int j = 0; j < values.Length; j++) values[j] = (float)(random.NextDouble() - 0.5);
        }
    }

    public SparseModel Model { get; }

    public SparseBatch Batch { get; }

    public float[][] Rows { get; }

    public float[][] Dense { get; }

    public void Load(bool training)
    {
        for (int i = 0; i < Rows.Length; i++) Batches.Load(Model.Operators[i], Batch, Rows[i], training);
        using var buffer = new NativeBuffer();
        for (int i = 0; i < Dense.Length; i++)
        {
            NativeBlock block = buffer.Reserve<float>(Dense[i].Length);
            Dense[i].CopyTo(block.AsSpan<float>());
            Model.Casts[i].Load(block, Batch.BatchSize);
        }
    }

    public float[] Predict(bool training, ulong seed = 1)
    {
        Load(training);
        using Tensor predictions = Model.Forward(new Minibatch(Batch.BatchSize, null, null, training, seed));
        return Batches.Values(predictions);
    }

    public double[] DenseTensor(string name) => Model.ExportDense()[name];

    /// <summary>Sum (over all values of the slots) of an operator's rows: by row and feature, in double.</summary>
    public double[][][] Pooled(int index)
    {
        int dimension = Model.Operators[index].EmbeddingSize;
        int featureCount = Batch.FeatureCount;
        return [.. Enumerable.Range(0, Batch.BatchSize).Select(b => Enumerable.Range(0, featureCount).Select(f =>
        {
            var sum = new double[dimension];
            for (int i = Batch.Offsets[(b * featureCount) + f]; i < Batch.Offsets[(b * featureCount) + f + 1]; i++)
                for (int d = 0; d < dimension; d++) sum[d] += Rows[index][(Batch.IndexSpan[i] * dimension) + d];
            return sum;
        }).ToArray())];
    }

    public void Dispose()
    {
        Model.Dispose();
        Batch.Dispose();
    }
}

/// <summary>An updater that does nothing.</summary>
sealed record TestUpdater : TensorUpdater
{
    public override int StatesPerParameter => 0;

    public override StepUpdate<T> At<T>(in UpdateStep step) => new NoOpTensorUpdater().At<T>(step);

    public override IEnumerable<string> Validate() => [];
}
