using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Limits of a layout that comes from a peer: nothing is allocated for one that a shard can't hold.</summary>
static class StoreLayoutCheck
{
    const int MaxWorkers = 1 << 16;
    const int MaxTables = 1 << 12;
    const int MaxTensors = 1 << 15;
    const int MaxDimension = 1 << 16;
    const int MaxName = 200;
    const int MaxAxes = 16;

    /// <summary>Checks a layout.</summary>
    /// <exception cref="BadInputException">The message names the first thing that is wrong.</exception>
    public static void Check(StoreLayout layout)
    {
        Require(layout.Tables is not null && layout.DenseTensors is not null, "it has no lists of tables and dense tensors");
        Require(layout.Generation >= 1, $"attempt {layout.Generation}; expected at least 1");
        Require(layout.WorkerCount is >= 1 and <= MaxWorkers, $"{layout.WorkerCount} workers; expected 1 to {MaxWorkers}");
        Require(Enum.IsDefined(layout.Mode) && layout.StalenessBound >= 0, $"mode {layout.Mode} with a bound of {layout.StalenessBound}");
        Require(Enum.IsDefined(layout.HashMode), $"hash mode {layout.HashMode}");
        Require(layout.Tables!.Count <= MaxTables && layout.DenseTensors!.Count <= MaxTensors,
            $"{layout.Tables.Count} tables and {layout.DenseTensors!.Count} dense tensors; expected at most {MaxTables} and {MaxTensors}");
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (SparseTableSpec table in layout.Tables)
        {
            CheckName(table?.Name, names);
            Require(table!.Dimension is >= 1 and <= MaxDimension, $"table '{table.Name}' has dimension {table.Dimension}; expected 1 to {MaxDimension}");
            Require(table.Updater is not null && table.Initializer is not null && Enum.IsDefined(table.ElementType),
                $"table '{table.Name}' has no updater, initialiser or element type");
        }

        foreach (DenseTensorSpec tensor in layout.DenseTensors!)
        {
            CheckName(tensor?.Name, names);
            Require(tensor!.Updater is not null && Enum.IsDefined(tensor.ElementType), $"dense tensor '{tensor.Name}' has no updater or element type");
            Require(tensor.Shape is { Count: >= 1 and <= MaxAxes }, $"dense tensor '{tensor.Name}' has no shape of 1 to {MaxAxes} axes");
            CheckSize(tensor);
        }
    }

    static void CheckName(string? name, HashSet<string> names)
    {
        Require(name is { Length: >= 1 and <= MaxName }, $"a name of {name?.Length ?? 0} characters; expected 1 to {MaxName}");
        Require(!name!.Contains('/') && !name.Contains('\\') && !name.Any(char.IsControl), $"name '{name}' can't be a part of a file name");
        Require(names.Add(name), $"name '{name}' is there twice");
    }

    static void CheckSize(DenseTensorSpec tensor)
    {
        double bytes = tensor.ElementType.ByteSize();
        foreach (long size in tensor.Shape)
        {
            Require(size >= 0, $"dense tensor '{tensor.Name}' has an axis of {size}");
            bytes *= size;
        }

        Require(bytes * (1 + tensor.Updater.StatesPerParameter) <= int.MaxValue, $"dense tensor '{tensor.Name}' takes more than 2 GiB with its states");
    }

    static void Require(bool holds, string what)
    {
        if (!holds) throw new BadInputException($"the layout can't be held: {what}");
    }
}
