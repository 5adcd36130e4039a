using System.Globalization;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// What workers write into the job's shared folder while their tasks run, since nothing leaves a Spark task before its end:
/// their progress, over and over, and their states at snapshots. Each appears whole.
/// </summary>
/// <param name="folder">The folder, a path or an address; made when absent.</param>
/// <param name="rank">The worker's rank.</param>
public sealed class WorkerNotes(string folder, int rank)
{
    const string ProgressSuffix = ".progress";
    const string StateInfix = ".state-";

    readonly IObjectFolder _folder = ObjectFolder.Open(folder);
    readonly Lock _writing = new();

    /// <summary>Writes the progress, in place of the earlier one; does nothing while an earlier one is still being written.</summary>
    public void WriteProgress(byte[] progress)
    {
        if (!_writing.TryEnter()) return;
        try
        {
            Write($"{Name(rank)}{ProgressSuffix}", progress);
        }
        finally
        {
            _writing.Exit();
        }
    }

    /// <summary>Writes the state at a snapshot; 0: at the end of the partition.</summary>
    public void WriteState(long snapshotId, byte[] state) => Write(string.Create(CultureInfo.InvariantCulture, $"{Name(rank)}{StateInfix}{snapshotId}"), state);

    /// <summary>The progress of a worker; null: it has written none, or the folder can't be read now.</summary>
    public static Task<byte[]?> ReadProgressAsync(string folder, int rank, CancellationToken cancellationToken) =>
        TryReadAsync(ObjectFolder.Open(folder), $"{Name(rank)}{ProgressSuffix}", cancellationToken);

    /// <summary>The states that were written since the last call, each once.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="known">Names that were returned before; grows.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public static async Task<IReadOnlyList<(int Rank, long SnapshotId, byte[] State)>> ReadStatesAsync(
        string folder, HashSet<string> known, CancellationToken cancellationToken)
    {
        IObjectFolder objects = ObjectFolder.Open(folder);
        List<(int Rank, long SnapshotId, byte[] State)> states = [];
        List<string> names = [];
        foreach (StoredObject one in await objects.ListAsync("worker-", cancellationToken))
        {
            int at = one.Name.IndexOf(StateInfix, StringComparison.Ordinal);
            if (at < 0 || known.Contains(one.Name)) continue;
            if (!int.TryParse(one.Name.AsSpan(7, at - 7), NumberStyles.None, CultureInfo.InvariantCulture, out int rank)) continue;
            if (!long.TryParse(one.Name.AsSpan(at + StateInfix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long id)) continue;
            if (await TryReadAsync(objects, one.Name, cancellationToken) is not { } state) continue;
            names.Add(one.Name);
            states.Add((rank, id, state));
        }

        // Only here, so that a cancelled call takes nothing.
        known.UnionWith(names);
        return states;
    }

    static string Name(int rank) => string.Create(CultureInfo.InvariantCulture, $"worker-{rank}");

    static async Task<byte[]?> TryReadAsync(IObjectFolder objects, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await objects.TryGetAsync(name, cancellationToken);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // The worker's own threads have nothing else to do meanwhile.
    void Write(string name, byte[] content) => Task.Run(() => _folder.PutAsync(name, content, CancellationToken.None)).GetAwaiter().GetResult();
}
