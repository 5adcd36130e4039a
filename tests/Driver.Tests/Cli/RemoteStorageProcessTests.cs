using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Tests.Jobs;
using MetaSpore.Spark.Testing.Stores;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>Job files and verbs whose model is on remote storage.</summary>
public sealed class RemoteStorageProcessTests : IDisposable
{
    const string Job = """
        data: {train: rows.csv, header: true, label: clicked}
        features: {categorical: [user, item]}
        model: {type: FactorizationMachine, embeddingSize: 4}
        training: {batchSize: 50, torchThreads: 1}
        output: {model: PLACE}
        """;

    readonly JobFolder _folder = new();

    public RemoteStorageProcessTests() =>
        _folder.Add("rows.csv", "clicked,user,item\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i % 2},u{i % 13},i{i % 11}\n")));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("s3")]
    [InlineData("hdfs")]
    public async Task Train_ModelOnRemoteStorage_IsEvaluatedPredictedAndInspected(string kind)
    {
        string model = $"{TestStores.NewLocation(kind)}/ctr";
        _folder.Write(Job.Replace("PLACE", model, StringComparison.Ordinal));
        MetasporeProcess.Result train = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml");
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.Equal(["ctr.metrics.jsonl", "ctr.report.html", "job.yaml", "rows.csv", "train.csv"], Directory.EnumerateFileSystemEntries(_folder.Root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
        MetasporeProcess.Result evaluate = await MetasporeProcess.RunAsync(_folder.Root, "evaluate", "-m", model, "-d", "rows.csv");
        Assert.True(evaluate.ExitCode == 0, evaluate.Error);
        MetasporeProcess.Result predict = await MetasporeProcess.RunAsync(_folder.Root, "predict", "-m", model, "-d", "rows.csv", "-o", "scores.csv");
        Assert.True(predict.ExitCode == 0, predict.Error);
        Assert.Equal(201, File.ReadLines(_folder.At("scores.csv")).Count());
        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, "inspect", model, "--json");
        Assert.True(inspect.ExitCode == 0, inspect.Error);
        JsonNode contents = JsonNode.Parse(inspect.Output)!;
        Assert.Equal(model, (string)contents["path"]!);
        Assert.All(contents["tables"]!.AsArray(), table => Assert.Equal(24, (long)table!["rows"]!));
        MetasporeProcess.Result again = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml");
        Assert.Equal(2, again.ExitCode);
        Assert.Contains($"'{model}' exists", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ByProcesses_WritesTheModelToTheStore()
    {
        string model = $"{TestStores.NewLocation("s3")}/ctr";
        _folder.Write(Job.Replace("PLACE", model, StringComparison.Ordinal));
        MetasporeProcess.Result train = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml", "--processes", "--set", "training.servers=2");
        Assert.True(train.ExitCode == 0, train.Error);
        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, "inspect", model);
        Assert.True(inspect.ExitCode == 0, inspect.Error);
        Assert.Contains("all checksums match", inspect.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(_folder.Root).Select(path => Path.GetFileName(path)).Except(["ctr.logs"]));
    }

    [Fact]
    public async Task Inspect_NoCredentials_SaysWhereTheyComeFrom()
    {
        Dictionary<string, string> environment = new()
        {
            ["AWS_ENDPOINT_URL_S3"] = TestStores.S3.Address,
            ["AWS_ACCESS_KEY_ID"] = "",
            ["AWS_SECRET_ACCESS_KEY"] = "",
            ["AWS_PROFILE"] = "",
            ["AWS_SHARED_CREDENTIALS_FILE"] = _folder.At("none"),
            ["HOME"] = _folder.Root,
        };
        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, environment, "inspect", "s3://tests/ctr");
        Assert.Equal(2, inspect.ExitCode);
        Assert.Contains(
            "'s3://tests/ctr' failed: no AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where the machine or the pod has a role",
            inspect.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RemoteModel_KeepsGrowingFilesLocal()
    {
        JobConfig job = _folder.Load(Job.Replace("PLACE", "s3a://bucket/models/ctr", StringComparison.Ordinal));
        Assert.Equal("s3a://bucket/models/ctr", job.Output!.Model);
        Assert.Equal("s3a://bucket/models/ctr.checkpoints", job.Training.Checkpoint!.Path);
        Assert.Equal(Path.GetFullPath("ctr.metrics.jsonl"), job.Output.Metrics);
        Assert.Equal(Path.GetFullPath("ctr.report.html"), job.Output.Report);
    }

    [Fact]
    public void Load_RemoteMetrics_IsRefused()
    {
        string[] problems = _folder.Problems(Job.Replace("PLACE", "s3a://bucket/ctr, report: \"hdfs://nn/r.html\"", StringComparison.Ordinal));
        Assert.Equal(["job.yaml:5: output.report: \"hdfs://nn/r.html\" is remote storage; expected a local file"], problems);
    }
}
