using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

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

        if (AddressProblem(estimator) is { } wrong)
        {
            yield return wrong;
            yield break;
        }

        string output = StorageLocation.Normalize(estimator.ModelOutPath);
        if (File.Exists(output)) yield return $"{nameof(estimator.ModelOutPath)} '{output}' is a file; expected a folder.";
        if (!estimator.Overwrite && Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            yield return $"{nameof(estimator.ModelOutPath)} '{output}' exists and is not empty; choose another folder or set {nameof(estimator.Overwrite)}.";
        if (estimator.ModelInPath is { } input)
        {
            string full = StorageLocation.Normalize(input);
            if (!StorageLocation.IsRemote(full) && !Directory.Exists(full)) yield return $"{nameof(estimator.ModelInPath)} '{full}' does not exist; expected the folder of a model.";
            if (Contains(full, output) || Contains(output, full))
                yield return $"{nameof(estimator.ModelOutPath)} '{output}' and {nameof(estimator.ModelInPath)} '{full}' overlap; write to another folder.";
        }
        else if (estimator.TrainingEpochs == 0)
        {
            yield return $"{nameof(estimator.TrainingEpochs)} is 0 without {nameof(estimator.ModelInPath)}; expected at least 1, or a model to take over as it is.";
        }

        if (estimator.Checkpoint is { } checkpoint && !string.IsNullOrWhiteSpace(checkpoint.Path))
        {
            string snapshots = StorageLocation.Normalize(checkpoint.Path);
            if (Contains(output, snapshots) || Contains(snapshots, output))
                yield return $"{nameof(estimator.ModelOutPath)} '{output}' and the checkpoint folder '{snapshots}' overlap; use separate folders.";
        }

        if (estimator.Resume && estimator.Checkpoint is null)
            yield return $"{nameof(estimator.Resume)} is set without {nameof(estimator.Checkpoint)}; expected the folder of the snapshots to resume from.";
    }

    /// <summary>Refuses a remote model that is in the way before anything is computed; a local one is among <see cref="Problems"/>.</summary>
    /// <exception cref="BadInputException">There is one, or its place can't be read.</exception>
    public static void RequireFree(TorchEstimator estimator)
    {
        if (estimator.Overwrite || !StorageLocation.IsRemote(estimator.ModelOutPath!) || !CheckpointReader.Exists(estimator.ModelOutPath!)) return;
        throw new BadInputException(
            $"{nameof(estimator.ModelOutPath)} '{estimator.ModelOutPath}' exists; choose another place or set {nameof(estimator.Overwrite)}.");
    }

    static string? AddressProblem(TorchEstimator estimator)
    {
        foreach (string path in new[] { estimator.ModelOutPath, estimator.ModelInPath, estimator.Checkpoint?.Path }.OfType<string>().Where(path => !string.IsNullOrWhiteSpace(path)))
        {
            try
            {
                StorageLocation.Parse(path);
            }
            catch (BadInputException error)
            {
                return error.Message;
            }
        }

        return null;
    }

    static bool Contains(string outer, string inner) => StorageLocation.Parse(outer).Contains(StorageLocation.Parse(inner));
}
