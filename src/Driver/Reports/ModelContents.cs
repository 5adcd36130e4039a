using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>What a model's folder holds, as text and as JSON.</summary>
/// <param name="checkpoint">The folder.</param>
/// <param name="tables">Its tables with their sizes.</param>
sealed class ModelContents(CheckpointReader checkpoint, IReadOnlyList<TableContents> tables)
{
    /// <summary>Reads the sizes of a checkpoint's tables.</summary>
    public static ModelContents Read(CheckpointReader checkpoint) =>
        new(checkpoint, [.. checkpoint.Tables.Select(table => TableContents.Read(checkpoint, table))]);

    /// <summary>Several lines for people.</summary>
    public string Describe()
    {
        StringBuilder text = new();
        void Line(string name, FormattableString value) =>
            text.Append(name.PadRight(11)).Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line("model", $"{checkpoint.Directory}");
        if (checkpoint.Manifest is { } manifest)
        {
            Line("written by", $"{manifest.CreatedBy}, format {manifest.FormatVersion}");
            Line("run", $"{manifest.RunId}, generation {manifest.Generation}");
            if (manifest.Base is { } whole) Line("delta of", $"{whole.Folder}");
            Line("progress", $"{DescribeProgress(manifest.Progress)}");
            Line("files", $"{manifest.Files.Count}, {Size(manifest.Files.Sum(file => file.Length))}, all checksums match");
        }
        else
        {
            Line("written by", $"MetaSpore; it has no manifest, so there are no checksums to compare");
        }

        Line("keys", $"{NameOf(checkpoint.HashMode)}");
        foreach ((string name, string value) in DescribeTraining()) Line(name, $"{value}");
        text.Append('\n');
        AppendGrid(
            text,
            ["table", "rows", "floats", "size", "updater"],
            [.. tables.Select(table => (string[])[table.Name, Number(table.Rows), Number(table.Dimension), Size(table.Bytes), Options(table.Updater)])]);
        if (checkpoint.DenseTensors.Count == 0) return text.ToString().TrimEnd();
        text.Append('\n');
        AppendGrid(
            text,
            ["tensor", "shape", "updater"],
            [.. checkpoint.DenseTensors.Select(tensor => (string[])[tensor.Name, string.Join(" × ", tensor.Shape), Options(tensor.Updater)])]);
        return text.ToString().TrimEnd();
    }

    /// <summary>The same for programs.</summary>
    public JsonObject ToJson() => new()
    {
        ["path"] = checkpoint.Directory,
        ["createdBy"] = checkpoint.Manifest?.CreatedBy,
        ["deltaOf"] = checkpoint.Manifest?.Base?.Folder,
        ["runId"] = checkpoint.Manifest?.RunId.ToString(),
        ["hash"] = NameOf(checkpoint.HashMode),
        ["files"] = checkpoint.Manifest?.Files.Count,
        ["verified"] = checkpoint.Manifest is not null,
        ["progress"] = checkpoint.Manifest is { } manifest ? JsonSerializer.SerializeToNode(manifest.Progress, JsonSerializerOptions.Web) : null,
        ["tables"] = new JsonArray([.. tables.Select(table => table.ToJson())]),
        ["tensors"] = new JsonArray([.. checkpoint.DenseTensors.Select(TensorJson)]),
        ["sections"] = new JsonObject((checkpoint.Manifest?.Sections ?? new Dictionary<string, JsonElement>())
            .Select(section => KeyValuePair.Create(section.Key, (JsonNode?)JsonNode.Parse(section.Value.GetRawText())))),
    };

    static JsonObject TensorJson(CheckpointTensor tensor) => new()
    {
        ["name"] = tensor.Name,
        ["shape"] = JsonSerializer.SerializeToNode(tensor.Shape),
        ["updater"] = tensor.Updater is { } updater ? JsonNode.Parse(updater.GetRawText()) : null,
    };

    /// <summary>What the trainer's own section says of network, features and result; nothing when there is none.</summary>
    IEnumerable<KeyValuePair<string, string>> DescribeTraining()
    {
        if (checkpoint.Manifest?.Sections.TryGetValue(Sections.Model, out JsonElement section) != true) yield break;
        JsonNode model = JsonNode.Parse(section.GetRawText())!;
        JsonNode? module = model["ticket"]?["module"];
        if ((string?)module?["type"] is { } type) yield return new("network", type);
        if ((string?)module?["options"]?["columns"] is { } columns)
            yield return new("features", string.Join(", ", columns.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        if (module?["options"]?["denseColumns"] is JsonArray { Count: > 0 } dense) yield return new("numbers", string.Join(", ", dense));
        if ((int?)model["keptEpoch"] is > 0 and { } kept) yield return new("kept epoch", kept.ToString(CultureInfo.InvariantCulture));
        if (model["validation"] is { } validation)
            yield return new("validation", string.Create(CultureInfo.InvariantCulture, $"auc {(double?)validation["auc"]:F4}  logloss {(double?)validation["logLoss"]:F4}"));
    }

    static string DescribeProgress(CheckpointProgress progress)
    {
        string ended = progress.Ended.All(e => e) ? "at its end" : $"next steps {string.Join(", ", progress.NextSteps)}";
        return string.Create(CultureInfo.InvariantCulture, $"epoch {progress.Epoch + 1} {ended}, {progress.AppliedSteps:N0} updates");
    }

    static void AppendGrid(StringBuilder text, string[] header, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. header.Select((name, column) => rows.Select(row => row[column].Length).Append(name.Length).Max())];
        foreach (string[] row in rows.Prepend(header))
        {
            for (int column = 0; column < row.Length; column++)
            {
                bool isLast = column == row.Length - 1, isNumber = header[column] is "rows" or "floats" or "size";
                string cell = isNumber ? row[column].PadLeft(widths[column]) : row[column].PadRight(widths[column]);
                text.Append(isLast ? row[column] : cell + "  ");
            }

            text.Append('\n');
        }
    }

    static string Options(JsonElement? updater)
    {
        if (updater is not { ValueKind: JsonValueKind.Object } options) return "unknown";
        IEnumerable<string> values = options.EnumerateObject().Where(option => option.Name != "type").Select(option => $"{option.Name} {option.Value}");
        return $"{options.GetProperty("type")} ({string.Join(", ", values)})".Replace(" ()", "", StringComparison.Ordinal);
    }

    static string NameOf(HashMode mode) => mode == HashMode.MetaSpore ? "metaspore" : "xxh3";

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static string Size(long bytes) => bytes switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1024 * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):F1} GiB"),
    };
}
