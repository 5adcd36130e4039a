using System.Globalization;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// What workers write into the job's shared folder while their tasks run, since nothing leaves a Spark task before its end:
/// their progress, over and over, and their states at snapshots. Whole files only: each is written beside its place and renamed.
/// </summary>
/// <param name="folder">The folder; made when absent.</param>
/// <param name="rank">The worker's rank.</param>
public sealed class WorkerNotes(string folder, int rank)
{
    const string ProgressSuffix = ".progress";
    const string StateInfix = ".state-";

    /// <summary>Writes the progress, in place of the earlier one.</summary>
    public void WriteProgress(byte[] progress) => Write($"{Name(rank)}{ProgressSuffix}", progress);

    /// <summary>Writes the state at a snapshot; 0: at the end of the partition.</summary>
    public void WriteState(long snapshotId, byte[] state) => Write(string.Create(CultureInfo.InvariantCulture, $"{Name(rank)}{StateInfix}{snapshotId}"), state);

    /// <summary>The progress of a worker; null: it has written none, or the folder can't be read now.</summary>
    public static byte[]? ReadProgress(string folder, int rank) => TryRead(Path.Combine(folder, $"{Name(rank)}{ProgressSuffix}"));

    /// <summary>The states that were written since the last call, each once.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="known">File names that were returned before; grows.</param>
    public static IEnumerable<(int Rank, long SnapshotId, byte[] State)> ReadStates(string folder, HashSet<string> known)
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (string path in Directory.EnumerateFiles(folder, $"*{StateInfix}*").Order(StringComparer.Ordinal).ToArray())
        {
            string name = Path.GetFileName(path);
            int at = name.IndexOf(StateInfix, StringComparison.Ordinal);
            if (!name.StartsWith("worker-", StringComparison.Ordinal) || known.Contains(name)) continue;
            if (!int.TryParse(name.AsSpan(7, at - 7), NumberStyles.None, CultureInfo.InvariantCulture, out int rank)) continue;
            if (!long.TryParse(name.AsSpan(at + StateInfix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long id)) continue;
            if (TryRead(path) is not { } state) continue;
            known.Add(name);
            yield return (rank, id, state);
        }
    }

    static string Name(int rank) => string.Create(CultureInfo.InvariantCulture, $"worker-{rank}");

    void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, name);
        string temporary = path + ".tmp";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    static byte[]? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
