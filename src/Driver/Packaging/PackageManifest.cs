using System.Security.Cryptography;
using System.Text.Json;

namespace MetaSpore.Spark.Driver.Packaging;

/// <summary>The archive's first file: what the others are. Immutable.</summary>
/// <param name="Version">Version of metaspore.</param>
/// <param name="Files">The files in the order of the archive.</param>
sealed record PackageManifest(string Version, IReadOnlyList<PackageManifest.Item> Files)
{
    /// <summary>Name inside the archive.</summary>
    public const string Name = "package.json";

    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>A file.</summary>
    /// <param name="Name">Path inside the archive.</param>
    /// <param name="Size">Bytes.</param>
    /// <param name="Sha256">Hash of the content, in lower-case hex.</param>
    /// <param name="IsExecutable">Whether the executable bit is set.</param>
    public sealed record Item(string Name, long Size, string Sha256, bool IsExecutable);

    /// <summary>Hashes the entries.</summary>
    /// <param name="entries">What the archive will hold.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public static PackageManifest Of(IReadOnlyList<PackageEntry> entries, CancellationToken cancellationToken)
    {
        var items = new Item[entries.Count];
        for (int i = 0; i < items.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using Stream content = entries[i].Open();
            items[i] = new Item(entries[i].Name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)), entries[i].IsExecutable);
        }

        return new PackageManifest(ThisVersion, items);
    }

    /// <summary>Version of this program.</summary>
    public static string ThisVersion { get; } = typeof(PackageManifest).Assembly.GetName().Version!.ToString(3);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="JsonException">It is not a manifest.</exception>
    public static PackageManifest Parse(string json) =>
        JsonSerializer.Deserialize<PackageManifest>(json, s_json) is { Version: not null, Files: not null } manifest ? manifest : throw new JsonException("not a manifest");

    /// <summary>The file's text; the same for the same content.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
