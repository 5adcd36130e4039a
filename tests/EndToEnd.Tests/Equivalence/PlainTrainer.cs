using System.Runtime.InteropServices;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Updaters;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>
/// Training of <see cref="TwoTableNetwork"/> without any of the product's machinery: dictionaries for the tables, torch for
/// the tower, and formulas for the updaters. Rows in order, one batch after another.
/// </summary>
/// <param name="options">Batch size, epochs, updaters, seed; with depth 1 a step sees the updates up to the one before the last.</param>
sealed class PlainTrainer(TrainingOptions options) : IDisposable
{
    public static readonly string[] WideColumns = ["user", "item", "tags"];
    public static readonly string[] DeepColumns = ["user", "tags"];

    readonly Sequential _tower = TwoTableNetwork.CreateTower(DeepColumns.Length);
    readonly Queue<Step> _pending = [];
    long _applied;

    sealed record Step(Dictionary<ulong, float[]> Wide, Dictionary<ulong, float[]> Deep, Dictionary<string, float[]> Dense);

    public PlainTable Wide { get; } = new("wide", 1, false, WideColumns, options.SparseUpdater, options.SparseInitializer, options.Seed);

    public PlainTable Deep { get; } =
        new("deep", TwoTableNetwork.DeepSize, true, DeepColumns, options.SparseUpdater, options.SparseInitializer, options.Seed);

    /// <summary>By tensor: its rows (of a vector: its elements), each d weights and then k blocks of d states.</summary>
    public Dictionary<string, float[][]> Dense { get; } = [];

    public void Train(MadeUpClick[] rows)
    {
        foreach ((string name, Parameter parameter) in _tower.named_parameters())
            Dense[name] = [.. Values(parameter).Chunk(RowSize(parameter)).Select(row => row.Concat(new float[row.Length * options.DenseUpdater.StatesPerParameter]).ToArray())];

        for (int epoch = 0; epoch < options.TrainingEpochs; epoch++)
        {
            foreach (MadeUpClick[] batch in rows.Chunk(options.BatchSize))
            {
                ApplyAllBut(options.PipelineDepth);
                _pending.Enqueue(Compute(batch));
            }

            ApplyAllBut(0);
        }
    }

    public void Dispose() => _tower.Dispose();

    Step Compute(MadeUpClick[] batch)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = tensor(Wide.Pool(batch)).reshape(batch.Length, Wide.Width).requires_grad_();
        Tensor deep = tensor(Deep.Pool(batch)).reshape(batch.Length, Deep.Width).requires_grad_();
        Tensor labels = tensor([.. batch.Select(row => row.Label)]).reshape(batch.Length, 1);
        _tower.zero_grad();
        nn.functional.binary_cross_entropy(TwoTableNetwork.Predict(wide, deep, _tower), labels).backward();
        return new Step(
            Wide.Gradients(batch, Values(wide.grad!)),
            Deep.Gradients(batch, Values(deep.grad!)),
            _tower.named_parameters().ToDictionary(pair => pair.name, pair => Values(pair.parameter.grad!)));
    }

    void ApplyAllBut(int count)
    {
        while (_pending.Count > count)
        {
            Step step = _pending.Dequeue();
            _applied++;
            Wide.Apply(step.Wide, _applied);
            Deep.Apply(step.Deep, _applied);
            foreach ((string name, Parameter parameter) in _tower.named_parameters()) ApplyDense(Dense[name], step.Dense[name], parameter);
        }
    }

    void ApplyDense(float[][] rows, float[] gradient, Parameter parameter)
    {
        int size = RowSize(parameter);
        Span<float> values = MemoryMarshal.Cast<byte, float>(parameter.bytes);
        for (int i = 0; i < rows.Length; i++)
        {
            PlainUpdaters.Apply(options.DenseUpdater, rows[i], gradient[(i * size)..((i + 1) * size)], _applied);
            rows[i].AsSpan(0, size).CopyTo(values[(i * size)..]);
        }
    }

    static int RowSize(Parameter parameter) => parameter.dim() == 1 ? 1 : (int)parameter.shape[^1];

    static float[] Values(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
