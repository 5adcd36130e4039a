using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>The folders that make up a checkpoint: a whole one, and the deltas that follow it up to the one opened. Immutable.</summary>
sealed class CheckpointChain
{
    readonly List<(string Directory, string Data, CheckpointManifest Manifest, HashSet<string> Files)> _folders = [];

    CheckpointChain()
    {
    }

    /// <summary>The manifest of the folder that was opened.</summary>
    public CheckpointManifest Manifest => _folders[^1].Manifest;

    /// <summary>Where the files are that the manifest of the folder that was opened names.</summary>
    public string DataDirectory => _folders[^1].Data;

    /// <summary>Every file of every folder, with its checkpoint and its path, the whole one's first.</summary>
    public IEnumerable<(string Directory, string Path, CheckpointFile File)> Files =>
        _folders.SelectMany(folder => folder.Manifest.Files.Select(file => (folder.Directory, StorageLocation.Join(folder.Data, file.Name), file)));

    /// <summary>Reads the manifests of a folder and of all that it needs.</summary>
    /// <param name="directory">Full path of a folder with a manifest.</param>
    /// <exception cref="BadInputException">A manifest is damaged, or a base is missing or another one than at the time.</exception>
    public static CheckpointChain Open(string directory)
    {
        CheckpointChain chain = new();
        chain.Add(directory, ManifestFile.Read(directory, out _));
        while (chain._folders[0] is { Manifest.Base: { } named } delta)
        {
            string directoryOfBase = PathOf(delta.Directory, named);
            if (chain._folders.Exists(folder => folder.Directory == directoryOfBase))
                throw Broken(delta.Directory, directoryOfBase, "which needs it in turn");
            CheckpointFolder.Recover(directoryOfBase);
            if (!CheckpointFiles.Exists(StorageLocation.Join(directoryOfBase, ManifestFile.Name)))
                throw Broken(delta.Directory, directoryOfBase, "expected that checkpoint, found nothing");
            CheckpointManifest manifest = ManifestFile.Read(directoryOfBase, out string hash);
            if (hash != named.ManifestHash)
                throw Broken(delta.Directory, directoryOfBase, $"expected its manifest with the hash {named.ManifestHash}, found {hash}: it is another checkpoint of that name");
            chain.Add(directoryOfBase, manifest);
        }

        return chain;
    }

    /// <summary>The folder that a delta adds to; null for a whole checkpoint and for a folder without a manifest that is whole.</summary>
    public static string? BaseOf(string directory)
    {
        try
        {
            return ManifestFile.TryRead(directory)?.Base is { } named ? PathOf(directory, named) : null;
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <summary>The files of a table, folder by folder; what a later whole part replaces is left out.</summary>
    /// <exception cref="BadInputException">A base does not have the parts of the table that the delta has.</exception>
    public IEnumerable<TablePart> PartsOf(CheckpointTable table)
    {
        int[] firsts = [.. Enumerable.Range(0, table.PartitionCount).Select(shard => FirstOf(table, shard))];
        for (int folder = 0; folder < _folders.Count; folder++)
        {
            for (int shard = 0; shard < firsts.Length; shard++)
            {
                if (folder < firsts[shard]) continue;
                string directory = _folders[folder].Data;
                string rows = ShardFiles.Name(table.Name, shard), removed = RemovedKeysFile.Name(table.Name, shard);
                yield return new TablePart(
                    folder, shard, StorageLocation.Join(directory, rows), folder > firsts[shard] ? StorageLocation.Join(directory, removed) : null);
            }
        }
    }

    // The last folder with a whole part.
    int FirstOf(CheckpointTable table, int shard)
    {
        int folder = _folders.FindLastIndex(f => !f.Files.Contains(RemovedKeysFile.Name(table.Name, shard)));
        if (folder >= 0 && _folders.Skip(folder).All(f => f.Files.Contains(ShardFiles.Name(table.Name, shard)))) return folder;
        throw new BadInputException($"checkpoint '{_folders[^1].Directory}', table '{table.Name}': expected rows of shard {shard} of {table.PartitionCount} "
            + $"in '{_folders[0].Directory}' and in each delta after it, found none: the folders don't belong together; use another checkpoint");
    }

    void Add(string directory, CheckpointManifest manifest) =>
        _folders.Insert(0, (directory, ManifestFile.DataDirectory(directory, manifest), manifest, manifest.Files.Select(f => f.Name).ToHashSet(StringComparer.Ordinal)));

    static string PathOf(string directory, CheckpointBase named) =>
        Path.GetFileName(named.Folder) == named.Folder && named.Folder is not ("" or "." or "..")
            ? StorageLocation.Parse(directory).Parent.Below(named.Folder).ToString()
            : throw new BadInputException($"checkpoint '{directory}': expected the name of a folder beside it as its base, found '{named.Folder}'");

    static BadInputException Broken(string directory, string directoryOfBase, string what) => new(
        $"checkpoint '{directory}' is a delta of '{directoryOfBase}': {what}; restore that folder from a copy, or use an earlier checkpoint");
}
