using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Cli;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>Runs verbs of the program in this process, and writes job files for them.</summary>
static class Cli
{
    static readonly JsonSerializerOptions s_yaml = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Runs a command line.</summary>
    /// <returns>Its exit code and both of its streams.</returns>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var context = new CliContext(output, new StatusConsole(error, isTerminal: false), new JobEngine(), NullLogger.Instance);
        int exitCode = await CommandLineProgram.RunAsync(arguments, context, TestContext.Current.CancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line that succeeds.</summary>
    /// <returns>The last line of its output.</returns>
    public static async Task<string> SucceedAsync(params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunAsync(arguments);
        Assert.True(exitCode == 0, error);
        return output.TrimEnd().Split('\n')[^1];
    }

    /// <summary>Runs a command line that refuses its input.</summary>
    /// <returns>Its messages.</returns>
    public static async Task<string> RefuseAsync(params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunAsync(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        return error;
    }

    /// <summary>Writes a job file (JSON is YAML) that trains a recorded network as the original did.</summary>
    public static string WriteJob(string folder, OriginalNetworkOptions network, object data, string[] columns, object training, TensorUpdater? denseUpdater = null, string? input = null)
    {
        JsonObject job = new()
        {
            ["data"] = JsonSerializer.SerializeToNode(data),
            ["features"] = JsonSerializer.SerializeToNode(new { categorical = columns, hash = "metaspore" }),
            ["model"] = new JsonObject
            {
                ["assembly"] = typeof(OriginalNetwork).Assembly.Location,
                ["type"] = typeof(OriginalNetwork).FullName,
                ["options"] = JsonSerializer.SerializeToNode(network, SpecJson.Options),
            },
            ["training"] = JsonSerializer.SerializeToNode(training),
            ["output"] = new JsonObject { ["model"] = "model" },
        };
        if (denseUpdater is not null) job["training"]!["dense"] = new JsonObject { ["updater"] = JsonSerializer.SerializeToNode(denseUpdater) };
        if (input is not null) job["input"] = new JsonObject { ["model"] = input };
        string path = Path.Combine(folder, "job.yaml");
        File.WriteAllText(path, job.ToJsonString(s_yaml));
        return path;
    }
}
