using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Copies a model's folder as a whole.</summary>
static class ModelCopy
{
    const string Manifest = "manifest.json";

    /// <summary>
    /// Copies into a folder beside <paramref name="target"/> and renames it when complete; on remote storage into its place, the
    /// manifest last.
    /// </summary>
    /// <exception cref="BadInputException">The source is damaged, or the target is in use.</exception>
    public static async Task RunAsync(string source, string target, CancellationToken cancellationToken)
    {
        source = StorageLocation.Normalize(source);
        target = StorageLocation.Normalize(target);
        bool isRemote = StorageLocation.IsRemote(target);
        if (isRemote ? (await ObjectFolder.Open(target).ListAsync("", cancellationToken)).Count > 0 : Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new BadInputException($"'{target}' exists and is not empty; choose another folder.");
        CheckpointReader model = CheckpointReader.Open(source);
        if (model.Manifest?.Base is { } whole)
            throw new BadInputException($"'{source}' is a delta of '{whole.Folder}' beside it and can't be copied alone; copy a finished model or a whole snapshot.");
        await model.VerifyAsync(cancellationToken);
        string working = isRemote ? target : $"{target}.tmp-{Guid.NewGuid():N}";
        try
        {
            await CopyAsync(ObjectFolder.Open(source), ObjectFolder.Open(working), cancellationToken);
            if (isRemote) return;
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(working, target);
        }
        catch
        {
            PreparedJob.Delete(working);
            throw;
        }
    }

    // Through a file, so that tables of any size fit.
    static async Task CopyAsync(IObjectFolder from, IObjectFolder to, CancellationToken cancellationToken)
    {
        string copy = Path.GetTempFileName();
        try
        {
            foreach (StoredObject one in (await from.ListAsync("", cancellationToken)).OrderBy(one => one.Name == Manifest))
            {
                await using (FileStream content = File.Create(copy)) await from.DownloadAsync(one.Name, content, cancellationToken);
                await to.UploadAsync(copy, one.Name, cancellationToken);
            }
        }
        finally
        {
            File.Delete(copy);
        }
    }
}
