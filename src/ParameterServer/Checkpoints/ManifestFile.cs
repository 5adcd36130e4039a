using System.IO.Hashing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// <c>manifest.json</c> on the disk: the manifest's JSON and, as its last line, <c>"xxh3"</c>: the XxHash3 of the file with
/// that hash replaced by 16 zeros, so that a changed byte anywhere is seen.
/// </summary>
static class ManifestFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "manifest.json";

    const string Temporary = "manifest.json.tmp";
    const int HashDigits = 16;

    static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters =
        {
            new NamedValues<HashMode>(("xxh3", HashMode.XxHash3), ("metaspore", HashMode.MetaSpore)),
            new NamedValues<ElementType>(("float32", ElementType.Float32), ("float64", ElementType.Float64)),
            new NamedValues<TrainingMode>(
                ("async", TrainingMode.Async), ("sync", TrainingMode.Sync), ("boundedStaleness", TrainingMode.BoundedStaleness)),
        },
    };

    static ReadOnlySpan<byte> Tail => ",\n  \"xxh3\": \""u8;

    static ReadOnlySpan<byte> End => "\"\n}\n"u8;

    /// <summary>The names that stand for a hash mode in files and messages.</summary>
    public static string NameOf(HashMode mode) => mode == HashMode.MetaSpore ? "metaspore" : "xxh3";

    /// <summary>Writes the manifest into a local folder: under another name first, flushed, then renamed.</summary>
    /// <returns>Its hash.</returns>
    public static string Write(string directory, CheckpointManifest manifest)
    {
        byte[] content = Encode(manifest, out string hash);
        string temporary = Path.Combine(directory, Temporary);
        HashedFile.Write(temporary, content);
        File.Move(temporary, Path.Combine(directory, Name));
        return hash;
    }

    /// <summary>The file's bytes.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="hash">The hash in it.</param>
    public static byte[] Encode(CheckpointManifest manifest, out string hash)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(manifest, s_options);
        int length = json.AsSpan().TrimEnd("\n}"u8).Length;
        byte[] content = [.. json.AsSpan(0, length), .. Tail, .. new string('0', HashDigits).Select(c => (byte)c), .. End];
        Hash(content).CopyTo(HashField(content));
        hash = Encoding.ASCII.GetString(HashField(content));
        return content;
    }

    /// <summary>Where the files are that the manifest of a folder names.</summary>
    /// <exception cref="BadInputException">It names a place that is not below the folder.</exception>
    public static string DataDirectory(string directory, CheckpointManifest manifest)
    {
        if (manifest.DataFolder is not { } name) return directory;
        return Path.GetFileName(name) == name && name is not ("" or "." or "..")
            ? StorageLocation.Join(directory, name)
            : throw new BadInputException($"checkpoint '{directory}': expected the name of a folder in it as its dataFolder, found '{name}'");
    }

    /// <summary>The manifest of a folder; null when it is missing, damaged or of a newer format.</summary>
    public static CheckpointManifest? TryRead(string directory)
    {
        try
        {
            return Read(directory, out _);
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <summary>Reads and checks the manifest of a folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="hash">Its hash, which tells it from any other manifest.</param>
    /// <exception cref="BadInputException">It is missing, damaged or of a newer format.</exception>
    public static CheckpointManifest Read(string directory, out string hash)
    {
        string path = StorageLocation.Join(directory, Name);
        byte[] content = CheckpointFiles.TryRead(path) ?? throw new BadInputException($"'{directory}' is no checkpoint: it has no {Name}");
        RequireHash(path, content);
        hash = Encoding.ASCII.GetString(HashField(content));
        try
        {
            // Only the version is read at first, so that a newer format gets the right message.
            using JsonDocument document = JsonDocument.Parse(content);
            int version = document.RootElement.GetProperty("formatVersion").GetInt32();
            if (version is not (CheckpointManifest.CurrentFormatVersion or CheckpointManifest.DeltaFormatVersion))
            {
                throw new BadInputException(
                    $"'{path}': expected format version {CheckpointManifest.CurrentFormatVersion} or {CheckpointManifest.DeltaFormatVersion}, found {version}: it was written by another release; use that release");
            }

            return document.Deserialize<CheckpointManifest>(s_options)!;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new BadInputException($"'{path}': expected a manifest, found JSON of another form: {error.Message}", error);
        }
    }

    /// <summary>Whether a folder has a manifest that is whole.</summary>
    public static bool IsComplete(string directory) => HashOf(directory) is not null;

    /// <summary>The hash of a folder's manifest; null when it is missing or damaged.</summary>
    public static string? HashOf(string directory)
    {
        byte[]? content = CheckpointFiles.TryRead(StorageLocation.Join(directory, Name));
        return content is not null && HasHash(content, out string hash, out _) ? hash : null;
    }

    static void RequireHash(string path, byte[] content)
    {
        if (HasHash(content, out string expected, out string found)) return;
        throw new BadInputException($"'{path}': expected the hash {expected}, found {found}: "
            + "it is damaged or was edited; restore it from a copy, or use an earlier checkpoint");
    }

    static bool HasHash(byte[] content, out string expected, out string found)
    {
        expected = "of its own last line";
        found = "no such line";
        int framed = Tail.Length + HashDigits + End.Length;
        bool isFramed = content.Length >= framed && content.AsSpan().EndsWith(End) && content.AsSpan(content.Length - framed).StartsWith(Tail);
        if (!isFramed) return false;
        byte[] zeroed = [.. content];
        HashField(zeroed).Fill((byte)'0');
        expected = Encoding.UTF8.GetString(HashField(content));
        found = Encoding.ASCII.GetString(Hash(zeroed));
        return found == expected;
    }

    static Span<byte> HashField(Span<byte> content) => content.Slice(content.Length - End.Length - HashDigits, HashDigits);

    static byte[] Hash(byte[] content) => Encoding.ASCII.GetBytes(HashedFile.Text(XxHash3.HashToUInt64(content)));

    /// <summary>Writes an enumeration by fixed names, which outlive renamed members.</summary>
    sealed class NamedValues<T>(params (string Name, T Value)[] names) : JsonConverter<T> where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string? text = reader.GetString();
            foreach ((string name, T value) in names)
            {
                if (name == text) return value;
            }

            throw new JsonException($"expected one of {string.Join(", ", names.Select(n => n.Name))}, found '{text}'");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Array.Find(names, n => EqualityComparer<T>.Default.Equals(n.Value, value)).Name);
    }
}
