using System.IO.Hashing;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// A checkpoint on a store that can't rename folders. Each write has a folder of its own, <c>data-{id}</c>, and the manifest, put
/// last and in one piece, names it: until then the earlier manifest names the earlier files, and afterwards what a lost process
/// still uploads belongs to nothing.
/// </summary>
sealed partial class RemoteCheckpointPlace : CheckpointPlace
{
    readonly string _dataFolder;
    bool _isPublishing;

    RemoteCheckpointPlace(string dataFolder) => _dataFolder = dataFolder;

    /// <inheritdoc/>
    public override string DataFolder => _dataFolder;

    IObjectFolder Folder => ObjectFolder.Open(Directory);

    /// <summary>Checks the place and deletes what the manifest there, if any, does not name.</summary>
    public static RemoteCheckpointPlace Begin(string directory, bool overwrite)
    {
        string[] names = [.. CheckpointFiles.List(directory).Select(one => one.Name)];
        bool hasManifest = names.Contains(ManifestFile.Name);
        CheckpointFolder.RequireWritable(
            directory, overwrite, hasManifest || names.Any(IsMeta), hasOthers: names.Any(name => !DataName().IsMatch(name)));
        string dataFolder = $"data-{Guid.NewGuid().ToString("n")[..8]}";
        RemoteCheckpointPlace place = new(dataFolder) { Directory = directory, WorkingDirectory = StorageLocation.Join(directory, dataFolder) };
        // A manifest that can't be understood may name any of them; then they go once another one is in its place.
        if (!hasManifest) place.DeleteData(names, null);
        else if (ManifestFile.TryRead(directory) is { } manifest) place.DeleteData(names, manifest.DataFolder);
        return place;
    }

    /// <summary>Whether an object below a checkpoint's folder is the description of a table or tensor.</summary>
    public static bool IsMeta(string name) => !name.Contains('/', StringComparison.Ordinal) && ParameterMeta.NameOf(name) is not null;

    /// <inheritdoc/>
    public override CheckpointFile Write(string name, byte[] content)
    {
        CheckpointFiles.Wait(() => Folder.PutAsync($"{_dataFolder}/{name}", content, CancellationToken.None));
        return new CheckpointFile(name, content.Length, HashedFile.Text(XxHash3.HashToUInt64(content)));
    }

    /// <inheritdoc/>
    public override string Publish(CheckpointManifest manifest)
    {
        byte[] content = ManifestFile.Encode(manifest, out string hash);
        _isPublishing = true;
        CheckpointFiles.Wait(() => Folder.PutAsync(ManifestFile.Name, content, CancellationToken.None));
        try
        {
            string[] names = [.. CheckpointFiles.List(Directory).Select(one => one.Name)];
            DeleteData(names, _dataFolder);
            Delete([.. names.Where(name => IsMeta(name) || (name.EndsWith(".dat", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal)))]);
        }
        catch (Exception error) when (error is IOException or BadInputException)
        {
            // What could not be deleted is named by nothing, and the next write to the place tries again.
        }

        return hash;
    }

    /// <inheritdoc/>
    public override void Discard()
    {
        // A manifest whose write seemed to fail may have arrived, and names these files.
        if (_isPublishing) return;
        CheckpointFolder.Delete(WorkingDirectory);
    }

    void DeleteData(IReadOnlyList<string> names, string? kept) => Delete(
        [.. names.Where(name => DataName().IsMatch(name)).Select(name => name.Split('/')[0]).Where(folder => folder != kept).Distinct()]);

    void Delete(IReadOnlyList<string> names)
    {
        foreach (string name in names) CheckpointFiles.Wait(() => Folder.DeleteAsync(name, CancellationToken.None));
    }

    [GeneratedRegex("^data-[0-9a-f]{8}/")]
    private static partial Regex DataName();
}
