using System.CommandLine;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Reports;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore train</c>.</summary>
static class TrainVerb
{
    const string Examples = """
        metaspore train --config job.yaml
            train, write the model, metrics and report that job.yaml names
        metaspore train --config job.yaml --set training.epochs=3 --set model.hiddenUnits=[64,32]
            the same job with other values; a value is YAML
        metaspore train --config job.yaml --resume
            go on after an interruption, from the last checkpoint
        metaspore train --config job.yaml --processes --set training.servers=2 --set training.workers=2
            shards and workers as processes; after the loss of one the job goes on from its last checkpoint
        metaspore train --config job.yaml --remote sc://spark.example:15002
            on the executors of a Spark Connect server; SPARK_REMOTE in the environment says the same
        metaspore train --config job.yaml --master 'local[4]'
            on a Spark that is started from SPARK_HOME and ended; for clusters see spark-submit.sh
        metaspore train --config job.yaml --json | tail -1
            the result as one JSON object

        The shortest job.yaml:
          data:
            train: [train.csv]
            test: [test.csv]
            header: true
            label: clicked
          features:
            categorical: [user, item, category]
          output:
            model: out/model
        Every key: docs/configuration.md
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> config = CommonOptions.Config();
        Option<string[]> set = CommonOptions.Set();
        Option<bool> resume = new("--resume") { Description = "Go on from the last checkpoint of this job" };
        Option<bool> processes = new("--processes") { Description = "Run shards and workers as processes of this machine" };
        Option<string?> remote = new("--remote") { Description = "Run on the Spark Connect server at this address", HelpName = "sc://HOST" };
        Option<string?> master = new("--master") { Description = "Run on a Spark with this master, started from SPARK_HOME", HelpName = "MASTER" };
        Option<string> pathsFrom = new("--paths-from") { Description = "Folder that relative paths of a copied job file start from", HelpName = "DIR", Hidden = true };
        Option<bool> json = CommonOptions.Json();
        Verb verb = new("train", "Train a model as a job file describes it.", Examples) { config, set, resume, processes, remote, master, pathsFrom, json };
        verb.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            parsed.GetValue(config)!,
            parsed.GetValue(set) ?? [],
            parsed.GetValue(pathsFrom),
            parsed.GetValue(resume),
            parsed.GetValue(processes),
            Target(parsed.GetValue(processes), parsed.GetValue(remote), parsed.GetValue(master)),
            parsed.GetValue(json),
            cancellationToken));
        return verb;
    }

    static SparkTarget? Target(bool processes, string? remote, string? master)
    {
        string[] given = [.. new[] { processes ? "--processes" : null, remote is null ? null : "--remote", master is null ? null : "--master" }.OfType<string>()];
        if (given.Length > 1) throw new BadInputException($"{string.Join(" and ", given)} are given; a job runs in one place: leave one out");
        return processes ? null : SparkTarget.Of(remote, master);
    }

    static async Task<int> RunAsync(
        CliContext context, string config, string[] overrides, string? pathsFrom, bool resume, bool processes, SparkTarget? spark, bool json, CancellationToken interrupt)
    {
        JobConfig job = JobConfig.Load(config, overrides, spark is null ? JobPurpose.Train : JobPurpose.TrainOnSpark, pathsFrom) with
        {
            UsesProcesses = processes,
            SparkTarget = spark,
        };
        OutputConfig output = job.Output!;
        if (!resume && !output.Overwrite && Directory.Exists(output.Model) && Directory.EnumerateFileSystemEntries(output.Model).Any())
            throw new BadInputException($"output.model \"{output.Model}\" exists; choose another folder, or set output.overwrite: true (--set output.overwrite=true)");

        using TrainingObservers observers = TrainingObservers.ForJob(job, resume, context.Status, context.Logger);
        TrainingSummary summary = await context.Engine.TrainAsync(job, resume, observers, interrupt);
        if (summary.Outcome == TrainingOutcome.Interrupted)
        {
            context.Status.WriteLine(summary.CheckpointPath is null
                ? "interrupted; there is no checkpoint to go on from"
                : $"interrupted; resume with: metaspore train --config {config}{string.Concat(overrides.Select(s => $" --set {Quote(s)}"))}{(processes ? " --processes" : "")}{(spark?.Master is { } master ? $" --master {Quote(master)}" : "")} --resume");
            return ExitCode.Interrupted;
        }

        context.Output.WriteLine(SummaryText.Describe(summary, output));
        if (json) context.Output.WriteLine(SummaryText.ToJson(summary));
        return summary.Outcome == TrainingOutcome.Failed ? ExitCode.Failure : ExitCode.Ok;
    }

    static string Quote(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || "._-=/:,".Contains(c, StringComparison.Ordinal)) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
