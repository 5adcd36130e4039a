using System.CommandLine;
using MetaSpore.Spark.Driver.Reports;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore inspect</c>.</summary>
static class InspectVerb
{
    const string Examples = """
        metaspore inspect out/model
            tables with their rows and sizes, updaters, features, progress; compares every file with its checksum
        metaspore inspect out/model.checkpoints/100 --json
            a checkpoint of a run, as one JSON object
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Argument<string> folder = new("MODEL_DIR") { Description = "Folder or address (s3://, hdfs://) of a model or checkpoint, ours or MetaSpore's" };
        Option<bool> json = CommonOptions.Json();
        Verb verb = new("inspect", "Show what a model holds and verify its files.", Examples) { folder, json };
        verb.SetAction((parsed, cancellationToken) => RunAsync(context, parsed.GetValue(folder)!, parsed.GetValue(json), cancellationToken));
        return verb;
    }

    static async Task<int> RunAsync(CliContext context, string folder, bool json, CancellationToken cancellationToken)
    {
        CheckpointReader checkpoint = CheckpointReader.Open(CommonOptions.RequireModel(folder));
        context.Status.SetStatus("verifying checksums");
        await checkpoint.VerifyAsync(cancellationToken);
        context.Status.SetStatus("");
        ModelContents contents = ModelContents.Read(checkpoint);
        context.Output.WriteLine(json ? contents.ToJson().ToJsonString() : contents.Describe());
        return ExitCode.Ok;
    }
}
