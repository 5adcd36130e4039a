using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The interval snapshots of a run: checkpoints in <c>{folder}/step-NNNNNNNN</c>, named by the number of applied steps. One
/// run at a time writes to a folder. Not thread-safe.
/// </summary>
public sealed class SnapshotStore
{
    const string Prefix = "step-";

    readonly int _keep;
    readonly int _wholeEvery;
    readonly List<PublishedSnapshot> _chain = [];
    CheckpointWriter? _begun;

    /// <summary>Names the folder; nothing is read or written.</summary>
    /// <param name="folder">Holds the snapshots; created by the first.</param>
    /// <param name="keep">Number of snapshots that <see cref="Trim"/> leaves, at least 1.</param>
    /// <param name="wholeEvery">At least 1: each whole snapshot is followed by this number less one of deltas.</param>
    public SnapshotStore(string folder, int keep, int wholeEvery = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(wholeEvery, 1);
        Folder = CheckpointFolder.Normalize(folder);
        _keep = keep;
        _wholeEvery = wholeEvery;
    }

    /// <summary>The folder: a full path, or an address.</summary>
    public string Folder { get; }

    /// <summary>The steps of the complete snapshots, newest first.</summary>
    public IReadOnlyList<long> Steps =>
        [.. Snapshots().Where(s => s.IsComplete).Select(s => s.Step).OrderDescending()];

    /// <summary>The folder of a snapshot.</summary>
    public string PathOf(long step) => StorageLocation.Join(Folder, Prefix + step.ToString("d8", CultureInfo.InvariantCulture));

    /// <summary>
    /// Begins the snapshot of <paramref name="step"/>; one of the same step is replaced when it is published. It is a delta of the
    /// last one that this object's writers have published, unless it is a whole one's turn, or that one is gone.
    /// </summary>
    /// <exception cref="BadInputException">The folder can't be written.</exception>
    public CheckpointWriter Begin(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (_begun?.Published is { } published)
        {
            if (!published.IsDelta) _chain.Clear();
            _chain.Add(published);
            _begun = null;
        }

        string path = PathOf(step);
        _begun = CheckpointWriter.Create(path, overwrite: true, _wholeEvery > 1 ? Guid.NewGuid() : default, NextBase(path));
        return _begun;
    }

    /// <summary>The newest complete snapshot; null when there is none.</summary>
    /// <exception cref="BadInputException">Its manifest is damaged; the message says how to fall back to the one before.</exception>
    public CheckpointReader? OpenNewest()
    {
        if (Steps is not [long newest, ..]) return null;
        try
        {
            return CheckpointReader.Open(PathOf(newest));
        }
        catch (BadInputException error)
        {
            throw new BadInputException($"{error.Message} (delete '{PathOf(newest)}' to resume from the snapshot before it)", error);
        }
    }

    /// <summary>
    /// Deletes incomplete snapshots and all complete ones but the newest and those that they need. Not while one is being written.
    /// </summary>
    public void Trim()
    {
        HashSet<string> kept = [];
        foreach (long step in Steps.Take(_keep))
        {
            string? path = PathOf(step);
            while (path is not null && kept.Add(path)) path = CheckpointChain.BaseOf(path);
        }

        foreach ((string path, _, _) in Snapshots().ToArray())
        {
            if (!kept.Contains(path)) CheckpointFolder.Delete(path);
        }

        if (StorageLocation.IsRemote(Folder) || !Directory.Exists(Folder)) return;
        foreach (string leftover in Directory.EnumerateDirectories(Folder, Prefix + "*.*-*").ToArray()) CheckpointFolder.Delete(leftover);
    }

    /// <summary>Deletes every snapshot: a run that starts anew must not resume from an older one's.</summary>
    public void Clear()
    {
        _chain.Clear();
        _begun = null;
        foreach ((string path, _, _) in Snapshots().ToArray()) CheckpointFolder.Delete(path);
        Trim();
    }

    // What is to be replaced can't be what the new one adds to.
    PublishedSnapshot? NextBase(string path)
    {
        if (_chain.Count == 0 || _chain.Count >= _wholeEvery || _chain.Exists(s => s.Directory == path)) return null;
        return ManifestFile.HashOf(_chain[^1].Directory) == _chain[^1].ManifestHash ? _chain[^1] : null;
    }

    IEnumerable<(string Path, long Step, bool IsComplete)> Snapshots()
    {
        foreach ((string name, bool isComplete) in StorageLocation.IsRemote(Folder) ? RemoteFolders() : LocalFolders())
        {
            if (long.TryParse(name[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out long step))
                yield return (StorageLocation.Join(Folder, name), step, isComplete);
        }
    }

    IEnumerable<(string Name, bool IsComplete)> LocalFolders() => !Directory.Exists(Folder)
        ? []
        : Directory.EnumerateDirectories(Folder, Prefix + "*").Select(path => (Path.GetFileName(path), File.Exists(Path.Combine(path, ManifestFile.Name))));

    IEnumerable<(string Name, bool IsComplete)> RemoteFolders() =>
        CheckpointFiles.List(Folder, Prefix).Select(one => one.Name.Split('/', 2)).Where(parts => parts.Length == 2)
            .GroupBy(parts => parts[0], StringComparer.Ordinal).Select(group => (group.Key, group.Any(parts => parts[1] == ManifestFile.Name)));
}
