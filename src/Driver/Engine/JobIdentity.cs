using System.Text.Json;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// What must be the same for a snapshot to be continued at its exact row: by name, as text. Another number of shards is
/// fine and not in it.
/// </summary>
/// <param name="Values">Name and value.</param>
sealed record JobIdentity(IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Adds up an identity from named values, each written as JSON.</summary>
    public static JobIdentity Of(params (string Name, object? Value)[] values) => new(
        values.ToDictionary(pair => pair.Name, pair => JsonSerializer.Serialize(pair.Value), StringComparer.Ordinal));

    /// <summary>Refuses a snapshot of another job.</summary>
    /// <param name="saved">Of the snapshot.</param>
    /// <param name="path">The snapshot's folder, for the message.</param>
    /// <exception cref="BadInputException">Something differs; all of it is named.</exception>
    public void MustEqual(JobIdentity saved, string path)
    {
        string[] problems = [.. Values.Keys.Union(saved.Values.Keys, StringComparer.Ordinal)
            .Where(name => Values.GetValueOrDefault(name) != saved.Values.GetValueOrDefault(name))
            .Select(name =>
                $"The checkpoint '{path}' can't be resumed: it was written with {name} = {Shorten(saved.Values.GetValueOrDefault(name))}, " +
                $"this job has {Shorten(Values.GetValueOrDefault(name))}. Set it back, or start anew without resuming.")];
        if (problems.Length > 0) throw new BadInputException(problems);
    }

    static string Shorten(string? value) => value is null ? "nothing" : value.Length <= 120 ? value : value[..117] + "...";
}
