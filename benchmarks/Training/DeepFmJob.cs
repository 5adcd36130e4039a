using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Native;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Benchmarks.Training;

/// <summary>The job whose steps are measured: DeepFM on Criteo-shaped rows, Adam for rows and weights.</summary>
static class DeepFmJob
{
    /// <summary>Rows of a batch.</summary>
    public const int BatchSize = 1024;

    const int EmbeddingSize = 16;
    static readonly int[] s_hiddenUnits = [400, 400, 400];

    /// <summary>Network, sizes, and how libtorch runs: the title of a measurement.</summary>
    public static string Title =>
        $"DeepFM {CriteoRows.ColumnCount} × {EmbeddingSize}, {string.Join('-', s_hiddenUnits)}, batches of {BatchSize:N0}; {LibTorch.MklDescription}";

    /// <summary>Labelled batches that can be read again and again.</summary>
    public static RecordBatch[] Batches(int count) =>
        [.. Enumerable.Range(0, count).Select(i => CriteoRows.Lasting(CriteoRows.Batch((ulong)i, BatchSize, label: true)))];

    /// <summary>The dense part alone.</summary>
    public static DenseNetwork Dense() => new(BatchSize, CriteoRows.ColumnCount, EmbeddingSize, s_hiddenUnits);

    /// <summary>What a worker needs.</summary>
    /// <param name="threads">Threads of libtorch.</param>
    /// <param name="depth">Exchanges under way while a step computes.</param>
    public static JobTicket Ticket(int threads, int depth) => new()
    {
        Module = ModuleSpec.Of<DeepFm>(new DeepFmOptions
        {
            Columns = new CombineSchema([.. CriteoRows.Names.Select(name => new CombineFeature([name]))]),
            EmbeddingSize = EmbeddingSize,
            HiddenUnits = s_hiddenUnits,
        }),
        Defaults = new SparseModelDefaults
        {
            SparseUpdater = new AdamTensorUpdater(),
            SparseInitializer = new NormalTensorInitializer(0, 0.01),
            DenseUpdater = new AdamTensorUpdater(),
        },
        LabelColumn = "label",
        PipelineDepth = depth,
        TorchThreads = threads,
    };
}
