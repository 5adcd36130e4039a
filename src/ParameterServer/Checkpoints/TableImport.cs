using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Rows for one table from elsewhere: another checkpoint, an exported table, or text.</summary>
public sealed record TableImport
{
    /// <summary>The table that takes the rows.</summary>
    public required string Table { get; init; }

    /// <summary>
    /// A data file, binary or text (<c>key⇥w,…</c> or <c>key⇥w,…|s,…|age</c>); or a description (<c>…__sparse_meta.json</c>),
    /// for all files beside it; or a folder of exported parts (<c>part_{S}_{i}.dat</c>).
    /// </summary>
    public required string Path { get; init; }

    /// <summary>For text: keys are values of this column, hashed as the feature of that column; null: keys are numbers.</summary>
    public string? KeyColumn { get; init; }

    /// <summary>The hash for <see cref="KeyColumn"/>.</summary>
    public HashMode HashMode { get; init; } = HashMode.XxHash3;

    /// <summary>Keep rows that are present already.</summary>
    public bool SkipExisting { get; init; }

    /// <summary>Drop every row of the table first.</summary>
    public bool ClearExisting { get; init; }

    /// <summary>Take weights only, whatever states the files have; states and ages become 0.</summary>
    public bool DataOnly { get; init; } = true;

    /// <summary>Every reason, one sentence each, why the rows can't be read that shows before anything is read.</summary>
    /// <param name="layout">The tables that there are.</param>
    public IEnumerable<string> Problems(StoreLayout layout)
    {
        if (IndexIn(layout) < 0)
        {
            yield return $"can't import into table '{Table}': the model has "
                + string.Join(", ", layout.Tables.Select(t => $"'{t.Name}'").DefaultIfEmpty("no table"));
        }

        string? problem = null;
        string[] files = [];
        try
        {
            files = [.. Files()];
        }
        catch (BadInputException error)
        {
            problem = error.Message;
        }

        if (problem is not null) yield return problem;
        foreach (string file in files.Where(file => !File.Exists(file)))
            yield return $"table file '{file}' is missing and can't be imported into table '{Table}': check the path";
    }

    /// <summary>Reads the rows into a store of any number of shards.</summary>
    /// <exception cref="BadInputException">
    /// No such table, or a file is missing, damaged or of another format; rows read before stay.
    /// </exception>
    public async Task RunAsync(ParameterClient client, CancellationToken cancellationToken)
    {
        string[] problems = [.. Problems(client.Layout)];
        if (problems.Length > 0) throw new BadInputException(problems);
        int table = IndexIn(client.Layout);
        if (ClearExisting) await client.PruneAsync(new PruneRequest(table, All: true), cancellationToken);
        ShardStatistics[] statistics = await client.GetStatisticsAsync(cancellationToken);
        string[] files = [.. Files()];
        TableLoad load = new(table, files, statistics[0].AppliedSteps, DataOnly, SkipExisting, KeyColumn, HashMode);
        await client.LoadAsync(load, cancellationToken);
    }

    int IndexIn(StoreLayout layout) =>
        Enumerable.Range(0, layout.Tables.Count).FirstOrDefault(i => layout.Tables[i].Name == Table, -1);

    IEnumerable<string> Files()
    {
        if (System.IO.Directory.Exists(Path))
        {
            string[] parts = [.. System.IO.Directory.EnumerateFiles(Path, "part_*.dat").Order(StringComparer.Ordinal)];
            return parts.Length > 0
                ? parts
                : throw new BadInputException(
                    $"can't import '{Path}': expected exported parts (part_*.dat) in the folder, found none; name a file instead");
        }

        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        if (CheckpointChain.BaseOf(folder) is { } whole)
        {
            throw new BadInputException($"can't import '{Path}': expected a table with all its rows, found a part of a delta of '{whole}'; "
                + "name a file of a whole checkpoint");
        }

        string name = System.IO.Path.GetFileName(Path);
        if (ParameterMeta.NameOf(name) is not { } described) return [Path];
        if (!described.IsSparse)
            throw new BadInputException($"can't import '{Path}': expected the description of a table, found that of a dense tensor");
        ParameterMeta meta = ParameterMeta.Read(Path);
        return Enumerable.Range(0, meta.PartitionCount).Select(i => System.IO.Path.Combine(folder, ShardFiles.Name(described.Name, i)));
    }
}
