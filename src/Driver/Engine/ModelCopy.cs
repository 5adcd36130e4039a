using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Copies a model's folder as a whole.</summary>
static class ModelCopy
{
    /// <summary>Copies into a folder beside <paramref name="target"/> and renames it when complete.</summary>
    /// <exception cref="BadInputException">The source is damaged, or the target is in use.</exception>
    public static async Task RunAsync(string source, string target, CancellationToken cancellationToken)
    {
        target = Path.GetFullPath(target);
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new BadInputException($"'{target}' exists and is not empty; choose another folder.");
        CheckpointReader model = CheckpointReader.Open(source);
        if (model.Manifest?.Base is { } whole)
            throw new BadInputException($"'{source}' is a delta of '{whole.Folder}' beside it and can't be copied alone; copy a finished model or a whole snapshot.");
        await model.VerifyAsync(cancellationToken);
        string temporary = $"{target}.tmp-{Guid.NewGuid():N}";
        Directory.CreateDirectory(temporary);
        try
        {
            foreach (string file in Directory.EnumerateFiles(source))
            {
                cancellationToken.ThrowIfCancellationRequested();
                File.Copy(file, Path.Combine(temporary, Path.GetFileName(file)));
            }

            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }
}
