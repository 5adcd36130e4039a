using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.Driver.Reports;

/// <summary>The size of one table of a model.</summary>
/// <param name="Name">Name of the operator.</param>
/// <param name="Rows">Rows, over all files.</param>
/// <param name="Dimension">Weights of a row (D).</param>
/// <param name="Bytes">Length of all files.</param>
/// <param name="Updater">The updater with its options; null when unknown.</param>
sealed record TableContents(string Name, long Rows, int Dimension, long Bytes, JsonElement? Updater)
{
    /// <summary>Reads the headers of a table's files; of text files, their lines; of deltas, their keys too.</summary>
    public static TableContents Read(CheckpointReader checkpoint, CheckpointTable table) => new(
        table.Name,
        checkpoint.CountRows(table),
        table.Dimension,
        checkpoint.CountBytes(table),
        table.Updater);

    /// <summary>As JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["rows"] = Rows,
        ["dimension"] = Dimension,
        ["bytes"] = Bytes,
        ["updater"] = Updater is { } updater ? JsonNode.Parse(updater.GetRawText()) : null,
    };
}
