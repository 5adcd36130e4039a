using System.Text.Json;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Specs;

/// <summary>Plain data as a line of JSON: what the processes of a job tell each other over standard input and output.</summary>
public static class JsonLine
{
    /// <summary>The line, without its end.</summary>
    public static string Write<T>(T value) where T : class => JsonSerializer.Serialize(value, SpecJson.Options);

    /// <summary>Reads a line; null when it is none of <typeparamref name="T"/>.</summary>
    public static T? TryRead<T>(string line) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, SpecJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a line that must be there.</summary>
    /// <param name="line">The line; null: the input has ended.</param>
    /// <param name="what">Names the line in errors, as in "worker's assignment".</param>
    /// <param name="whenAbsent">The error for no line.</param>
    /// <exception cref="BadInputException">There is no line, or it is none of this build. The message does not repeat its content.</exception>
    public static T Read<T>(string? line, string what, string whenAbsent) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line ?? "null", SpecJson.Options) ?? throw new BadInputException(whenAbsent);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The {what} can't be read ({error.Path}); both sides need the same build.");
        }
    }
}
