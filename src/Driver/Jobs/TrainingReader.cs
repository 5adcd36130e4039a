using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Parameters;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the <c>training</c> section.</summary>
static class TrainingReader
{
    static readonly Dictionary<string, TrainingMode> s_modes = new(StringComparer.Ordinal)
    {
        ["async"] = TrainingMode.Async,
        ["sync"] = TrainingMode.Sync,
    };

    static readonly Dictionary<string, string> s_metrics = new(StringComparer.Ordinal) { ["auc"] = "auc", ["logloss"] = "logloss" };

    /// <summary>Reads the section; problems go to its document.</summary>
    public static TrainingOptions Read(JobSection section, OutputConfig? output, bool hasValidation, bool hasInput)
    {
        (TrainingMode mode, int bound) = ReadMode(section);
        var defaults = new TrainingOptions { ShuffleTrainingDataset = true };
        JobSection sparse = section.Section("sparse"), dense = section.Section("dense");
        var training = new TrainingOptions
        {
            TrainingEpochs = section.Count("epochs", defaults.TrainingEpochs, hasInput ? 0 : 1),
            EarlyStopping = ReadEarlyStopping(section.Section("earlyStopping"), hasValidation),
            BatchSize = section.Count("batchSize", defaults.BatchSize, 1, 1 << 20),
            WorkerCount = section.Count("workers", defaults.WorkerCount, 1, 1024),
            ServerCount = section.Count("servers", defaults.ServerCount, 1, 1024),
            Mode = mode,
            StalenessBound = bound,
            PipelineDepth = section.Count("pipelineDepth", 0, 0, 1),
            ShuffleTrainingDataset = section.Flag("shuffle", defaults.ShuffleTrainingDataset),
            ShuffleWindow = section.Count("shuffleWindow", defaults.ShuffleWindow, 1),
            Seed = (ulong)section.Integer("seed", (long)defaults.Seed, 0),
            TorchThreads = section.Count("torchThreads", 0, 0, 1024),
            MaxSparseFeatureAge = section.Count("maxSparseFeatureAge", defaults.MaxSparseFeatureAge, 1),
            MetricUpdateInterval = section.Count("metricUpdateInterval", defaults.MetricUpdateInterval, 1),
            SparseUpdater = OptimizerReader.ReadUpdater(sparse, defaults.SparseUpdater),
            SparseInitializer = OptimizerReader.ReadInitializer(sparse, defaults.SparseInitializer),
            DenseUpdater = OptimizerReader.ReadUpdater(dense, defaults.DenseUpdater),
            Checkpoint = ReadCheckpoint(section.Section("checkpoint"), output),
        };
        sparse.Close();
        dense.Close();
        section.Close();
        if (training.PipelineDepth == 1 && mode == TrainingMode.Sync)
            section.Report("pipelineDepth", "is 1, but mode sync has no stale steps; use 0");
        return training;
    }

    static EarlyStopping? ReadEarlyStopping(JobSection section, bool hasValidation)
    {
        string metric = section.Choice("metric", "auc", s_metrics);
        int patience = section.Count("patience", 2, 1);
        section.Close();
        if (!section.IsPresent) return null;
        if (!hasValidation) section.Document.Report(section.Node, section.Path, "needs data.validation: the rows that decide when to stop");
        return new EarlyStopping(metric, patience);
    }

    static (TrainingMode Mode, int Bound) ReadMode(JobSection section)
    {
        const string Expected = "async, sync, or {boundedStaleness: steps}";
        YamlNode? node = section.Find("mode");
        var bounded = new JobSection(section.Document, section.PathOf("mode"), node is YamlMappingNode ? node : null);
        int bound = bounded.Count("boundedStaleness", 0, 0);
        bounded.Close();
        if (node is YamlMappingNode) return (TrainingMode.BoundedStaleness, bound);
        if (node is null) return (TrainingMode.Async, 0);
        if (node is YamlScalarNode { Value: { } word } && s_modes.TryGetValue(word, out TrainingMode mode)) return (mode, 0);
        section.Wrong("mode", node, Expected);
        return (TrainingMode.Async, 0);
    }

    static CheckpointOptions ReadCheckpoint(JobSection section, OutputConfig? output)
    {
        string? path = section.FilePath("path");
        int everySteps = section.Count("everySteps", 0, 0);
        int keep = section.Count("keep", 3, 1);
        int wholeEvery = section.Count("wholeEvery", 1, 1);
        section.Close();
        path = Path.TrimEndingDirectorySeparator(path ?? output?.Model + ".checkpoints");
        if (path == output?.Model) section.Report("path", "is the same folder as output.model; keep checkpoints elsewhere");
        return new CheckpointOptions(path, everySteps, keep, wholeEvery);
    }
}
