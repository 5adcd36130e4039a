using MetaSpore.Spark.Driver.Estimators;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Checks of the folders that a fit reads and writes.</summary>
static class OutputPaths
{
    /// <summary>Every problem, one sentence each.</summary>
    public static IEnumerable<string> Problems(TorchEstimator estimator)
    {
        if (string.IsNullOrWhiteSpace(estimator.ModelOutPath))
        {
            yield return $"{nameof(estimator.ModelOutPath)} is not set; expected the folder of the model to write.";
            yield break;
        }

        string output = Path.GetFullPath(estimator.ModelOutPath);
        if (File.Exists(output)) yield return $"{nameof(estimator.ModelOutPath)} '{output}' is a file; expected a folder.";
        if (!estimator.Overwrite && Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            yield return $"{nameof(estimator.ModelOutPath)} '{output}' exists and is not empty; choose another folder or set {nameof(estimator.Overwrite)}.";
        if (estimator.ModelInPath is { } input)
        {
            string full = Path.GetFullPath(input);
            if (!Directory.Exists(full)) yield return $"{nameof(estimator.ModelInPath)} '{full}' does not exist; expected the folder of a model.";
            if (Contains(full, output) || Contains(output, full))
                yield return $"{nameof(estimator.ModelOutPath)} '{output}' and {nameof(estimator.ModelInPath)} '{full}' overlap; write to another folder.";
        }
        else if (estimator.TrainingEpochs == 0)
        {
            yield return $"{nameof(estimator.TrainingEpochs)} is 0 without {nameof(estimator.ModelInPath)}; expected at least 1, or a model to take over as it is.";
        }

        if (estimator.Checkpoint is { } checkpoint && !string.IsNullOrWhiteSpace(checkpoint.Path))
        {
            string snapshots = Path.GetFullPath(checkpoint.Path);
            if (Contains(output, snapshots) || Contains(snapshots, output))
                yield return $"{nameof(estimator.ModelOutPath)} '{output}' and the checkpoint folder '{snapshots}' overlap; use separate folders.";
        }

        if (estimator.Resume && estimator.Checkpoint is null)
            yield return $"{nameof(estimator.Resume)} is set without {nameof(estimator.Checkpoint)}; expected the folder of the snapshots to resume from.";
    }

    static bool Contains(string outer, string inner) =>
        (inner + Path.DirectorySeparatorChar).StartsWith(outer.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
