using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The description of one table or dense tensor beside its data: <c>{name}__sparse_meta.json</c> and
/// <c>{name}__dense_meta.json</c>, one line of JSON with alphabetical keys as MetaSpore writes it. Where MetaSpore keeps
/// Python pickles of updater and initialiser (a string), ours are JSON objects.
/// </summary>
sealed record ParameterMeta
{
    const string SparseSuffix = "__sparse_meta.json";
    const string DenseSuffix = "__dense_meta.json";

    /// <summary>Name of the table or tensor.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is a table.</summary>
    public required bool IsSparse { get; init; }

    /// <summary>Type of weights and states.</summary>
    public required ElementType ElementType { get; init; }

    /// <summary>Shape of a tensor, or of a table's row.</summary>
    public required IReadOnlyList<long> DataShape { get; init; }

    /// <summary>States for each weight (k).</summary>
    public required int StatesPerParameter { get; init; }

    /// <summary>Number of shards that wrote it.</summary>
    public required int PartitionCount { get; init; }

    /// <summary>The updater as JSON text; a JSON string for a pickle, or for none.</summary>
    public string UpdaterData { get; init; } = "\"\"";

    /// <summary>The initialiser as JSON text; a JSON string for a pickle, or for none.</summary>
    public string InitializerData { get; init; } = "\"\"";

    /// <summary>Whether MetaSpore wrote it: its updater is a pickle.</summary>
    public bool IsOriginal => UpdaterData.StartsWith('"');

    /// <summary>The file's name.</summary>
    public string FileName => Name + (IsSparse ? SparseSuffix : DenseSuffix);

    /// <summary>The name that belongs to a description's file name; null when it is no such name.</summary>
    public static (string Name, bool IsSparse)? NameOf(string fileName) =>
        fileName.EndsWith(SparseSuffix, StringComparison.Ordinal) ? (fileName[..^SparseSuffix.Length], true)
        : fileName.EndsWith(DenseSuffix, StringComparison.Ordinal) ? (fileName[..^DenseSuffix.Length], false)
        : null;

    /// <summary>The file's content, UTF-8, without a line end.</summary>
    public byte[] Write()
    {
        string prefix = IsSparse ? "slice_" : "";
        string data = string.Join(' ', DataShape);
        string state = StatesPerParameter == 0 ? "" : string.Join(' ', [.. DataShape.SkipLast(1), DataShape[^1] * StatesPerParameter]);
        SortedDictionary<string, string> fields = new(StringComparer.Ordinal)
        {
            ["data_type"] = ElementType == ElementType.Float64 ? "\"float64\"" : "\"float32\"",
            ["initializer_data"] = InitializerData,
            ["name"] = '"' + JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Name) + '"',
            ["partition_count"] = PartitionCount.ToString(CultureInfo.InvariantCulture),
            [prefix + "data_shape"] = $"\"{data}\"",
            [prefix + "state_shape"] = $"\"{state}\"",
            ["updater_data"] = UpdaterData,
        };
        return Encoding.UTF8.GetBytes("{" + string.Join(", ", fields.Select(f => $"\"{f.Key}\": {f.Value}")) + "}");
    }

    /// <summary>Reads a description.</summary>
    /// <exception cref="BadInputException">It is missing or not a description.</exception>
    public static ParameterMeta Read(string path)
    {
        if (NameOf(Path.GetFileName(path)) is not var (_, isSparse))
            throw new BadInputException($"'{path}': expected a name that ends with '{SparseSuffix}' or '{DenseSuffix}'");
        byte[] content = CheckpointFiles.TryRead(path) ?? throw new BadInputException($"'{path}' is missing: restore it from a copy of the checkpoint");
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            return Parse(document.RootElement, isSparse, path);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"'{path}': expected JSON, found an error: {error.Message}: restore it from a copy", error);
        }
    }

    static ParameterMeta Parse(JsonElement root, bool isSparse, string path)
    {
        string prefix = isSparse ? "slice_" : "";
        long[] data = Shape(Field(root, prefix + "data_shape", JsonValueKind.String, path).GetString()!, path);
        long[] state = Shape(Field(root, prefix + "state_shape", JsonValueKind.String, path).GetString()!, path);
        string type = Field(root, "data_type", JsonValueKind.String, path).GetString()!;
        if (type is not ("float32" or "float64"))
            throw new BadInputException($"'{path}': expected data_type float32 or float64, found '{type}'");
        bool fits = data.Length > 0 && (state.Length == 0 || (state.Length == data.Length && data[^1] > 0 && state[^1] % data[^1] == 0
            && state.AsSpan(0, state.Length - 1).SequenceEqual(data.AsSpan(0, data.Length - 1))));
        if (!fits)
        {
            throw new BadInputException($"'{path}': expected a {prefix}state_shape that is the {prefix}data_shape with its last number times "
                + $"the number of states, found '{string.Join(' ', data)}' and '{string.Join(' ', state)}'");
        }

        JsonElement count = Field(root, "partition_count", JsonValueKind.Number, path);
        if (!count.TryGetInt32(out int partitions) || partitions < 1)
            throw new BadInputException($"'{path}': expected a partition_count of 1 or more, found {count}");
        return new ParameterMeta
        {
            Name = Field(root, "name", JsonValueKind.String, path).GetString()!,
            IsSparse = isSparse,
            ElementType = type == "float64" ? ElementType.Float64 : ElementType.Float32,
            DataShape = data,
            StatesPerParameter = state.Length == 0 ? 0 : checked((int)(state[^1] / data[^1])),
            PartitionCount = partitions,
            UpdaterData = Raw(root, "updater_data"),
            InitializerData = Raw(root, "initializer_data"),
        };
    }

    static string Raw(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetRawText() : "\"\"";

    static JsonElement Field(JsonElement root, string name, JsonValueKind kind, string path) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind
            ? value
            : throw new BadInputException($"'{path}': expected a {(kind == JsonValueKind.String ? "text" : "number")} '{name}', found none: "
                + "it is damaged; restore it from a copy");

    static long[] Shape(string text, string path)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long[] shape = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]))
                throw new BadInputException($"'{path}': expected a shape of whole numbers, found '{text}'");
        }

        return shape;
    }
}
