using System.Text.Json;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Compares what a model needs with what a checkpoint has.</summary>
static class LayoutCheck
{
    const string Options = "use the model options of the checkpoint";

    /// <summary>Every reason why <paramref name="layout"/> can't be read from <paramref name="checkpoint"/>, one sentence each.</summary>
    public static IEnumerable<string> Problems(CheckpointReader checkpoint, StoreLayout layout, bool loadState)
    {
        foreach (SparseTableSpec table in layout.Tables)
        {
            string where = $"checkpoint '{checkpoint.Directory}', table '{table.Name}'";
            CheckpointTable? found = checkpoint.Tables.FirstOrDefault(t => t.Name == table.Name);
            if (found is null)
                yield return Absent(where, checkpoint.Tables.Select(t => t.Name));
            else if (found.Dimension != table.Dimension)
                yield return $"{where}: expected the embedding size {table.Dimension}, found {found.Dimension}; {Options}";
            else if (TypeProblem(where, table.ElementType, found.ElementType) is { } type)
                yield return type;
            else if (loadState && StateProblem(where, table.Updater, found.StatesPerParameter, found.Updater) is { } state)
                yield return state;
        }

        foreach (DenseTensorSpec tensor in layout.DenseTensors)
        {
            string where = $"checkpoint '{checkpoint.Directory}', dense tensor '{tensor.Name}'";
            CheckpointTensor? found = checkpoint.DenseTensors.FirstOrDefault(t => t.Name == tensor.Name);
            if (found is null)
                yield return Absent(where, checkpoint.DenseTensors.Select(t => t.Name));
            else if (!found.Shape.SequenceEqual(tensor.Shape))
                yield return $"{where}: expected the shape ({Text(tensor.Shape)}), found ({Text(found.Shape)}); {Options}";
            else if (TypeProblem(where, tensor.ElementType, found.ElementType) is { } type)
                yield return type;
            else if (loadState && StateProblem(where, tensor.Updater, found.StatesPerParameter, found.Updater) is { } state)
                yield return state;
        }
    }

    static string Absent(string where, IEnumerable<string> present) =>
        $"{where} is missing: expected one of that name, found "
        + $"{string.Join(", ", present.Order(StringComparer.Ordinal).DefaultIfEmpty("none"))}; use the model of the checkpoint";

    static string? TypeProblem(string where, ElementType expected, ElementType found) => expected == found
        ? null
        : $"{where}: expected elements of type {Text(expected)}, found {Text(found)}; {Options}";

    // States of another kind of updater mean something else, also when there are as many.
    static string? StateProblem(string where, TensorUpdater updater, int foundStates, JsonElement? foundUpdater)
    {
        const string Cure = "use the updater of the checkpoint (useFreshUpdaters: false), or start with fresh states (freshState: true)";
        string name = TypeOf(JsonSerializer.SerializeToElement<TensorUpdater>(updater)) ?? updater.GetType().Name;
        string? foundName = foundUpdater is { } json ? TypeOf(json) : null;
        if (foundStates != updater.StatesPerParameter)
        {
            return $"{where}: expected {updater.StatesPerParameter} updater states for each weight ({name}), found {foundStates}"
                + (foundName is null ? "" : $" ({foundName})") + $"; {Cure}";
        }

        return foundStates == 0 || foundName is null || foundName == name
            ? null
            : $"{where}: expected the states of the updater {name}, found those of {foundName}; {Cure}";
    }

    static string? TypeOf(JsonElement updater) =>
        updater.ValueKind == JsonValueKind.Object && updater.TryGetProperty("type", out JsonElement type) ? type.ToString() : null;

    static string Text(IReadOnlyList<long> shape) => string.Join(", ", shape);

    static string Text(ElementType type) => type == ElementType.Float64 ? "float64" : "float32";
}
