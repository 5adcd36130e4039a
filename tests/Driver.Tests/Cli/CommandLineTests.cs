using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Tests.Jobs;
using MetaSpore.Spark.Testing;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>The program as its user meets it: exit codes, and which text is where.</summary>
public sealed class CommandLineTests : IDisposable
{
    readonly JobFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("demo")]
    [InlineData("generate")]
    [InlineData("train")]
    [InlineData("convert")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("inspect")]
    [InlineData("run")]
    public async Task Help_OfEachVerb_TeachesByExample(string verb)
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, verb, "--help");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains($"metaspore {verb}", result.Output[result.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoArguments_ShowsHelp()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("metaspore demo", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Output);
    }

    [Theory]
    [InlineData("error: unknown verb \"trian\"; did you mean \"train\"?", "trian")]
    [InlineData("error: unknown option \"--confg\" of train; did you mean \"--config\"?", "train", "--confg", "job.yaml")]
    [InlineData("error: Option '--config' is required.", "train")]
    [InlineData("error: job file \"job.yaml\" does not exist; correct the path", "train", "--config", "job.yaml")]
    [InlineData("error: model \"nowhere\" does not exist; expected the folder that \"metaspore train\" wrote (output.model)", "evaluate", "--model", "nowhere", "--data", "train.csv")]
    [InlineData("error: data \"nowhere.csv\" does not exist; correct the path", "evaluate", "--model", ".", "--data", "nowhere.csv")]
    [InlineData("error: output \"scores.xls\" has no known extension; expected one of .parquet, .csv, .csv.gz, .arrow", "predict", "--model", ".", "--data", "train.csv", "--output", "scores.xls")]
    [InlineData("error: There is no assembly file ", "run", "--agent", "A", "--assembly", "nowhere.dll")]
    public async Task BadInput_IsExitCode2WithTheMessageOnStandardError(string expected, params string[] arguments)
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, arguments);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(expected, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_WrongJob_ReportsEveryProblemAndWritesNothing()
    {
        _folder.Add("job.yaml", JobFolder.Shortest + "\ntraining: {epochs: ten}\nmodle: DeepFm\n");
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(
            [
                "error: job.yaml:9: training.epochs: expected a whole number, at least 1, found \"ten\"",
                "error: job.yaml:10: modle: unknown key; did you mean \"model\"? keys here: cluster, data, features, input, model, output, security, spark, training",
            ],
            result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public async Task Train_WrongJobWithDebug_ShowsWhere()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(
            _folder.Root, new Dictionary<string, string> { ["METASPORE_DEBUG"] = "1" }, "train", "-c", "no.yaml");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("   at MetaSpore.Spark.Driver.Jobs.JobDocument.Load", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ModelExists_IsExitCode2BeforeAnythingStarts()
    {
        _folder.Add("out/model/keep.txt", "mine");
        _folder.Add("job.yaml", JobFolder.Shortest);
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(
            $"error: output.model \"{_folder.At("out", "model")}\" exists; choose another folder, or set output.overwrite: true (--set output.overwrite=true)\n",
            result.Error);
        Assert.Equal("mine", File.ReadAllText(_folder.At("out", "model", "keep.txt")));
    }

    [Fact]
    [Trait("Category", Golden.Category)]
    public async Task Inspect_ACheckpointOfMetaSpore_ListsTablesAndTensors()
    {
        string? folder = Golden.Cases("metaspore").Select(name => Golden.File("metaspore", name))
            .SelectMany(path => Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).Prepend(path))
            .FirstOrDefault(path => Directory.EnumerateFiles(path, "*__sparse_meta.json").Any());
        Assert.SkipWhen(folder is null, "oracles absent: set METASPORE_GOLDEN to the folder that holds them");
        MetasporeProcess.Result text = await MetasporeProcess.RunAsync(_folder.Root, "inspect", folder!);
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Contains("written by MetaSpore", text.Output, StringComparison.Ordinal);
        MetasporeProcess.Result json = await MetasporeProcess.RunAsync(_folder.Root, "inspect", folder!, "--json");
        JsonNode contents = JsonNode.Parse(json.Output)!;
        Assert.Equal(Directory.EnumerateFiles(folder!, "*__sparse_meta.json").Count(), contents["tables"]!.AsArray().Count);
        Assert.Equal(Directory.EnumerateFiles(folder!, "*__dense_meta.json").Count(), contents["tensors"]!.AsArray().Count);
        Assert.All(contents["tables"]!.AsArray(), table => Assert.True((long)table!["rows"]! >= 0));
    }

    [Fact]
    public async Task Inspect_NoCheckpoint_IsExitCode2()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "inspect", ".");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("is no checkpoint", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_Csv_WritesTheRowsAsTheJobReadsThem()
    {
        _folder.Add("train.csv", "clicked,user,age,tags,other\nyes, ann ,5,a|b,1\nno,\"b,\"\"c\",,,2\n");
        _folder.Add("job.yaml", """
            data:
              train: train.csv
              header: true
              label: {column: clicked, positive: "yes"}
            features:
              categorical: [user, tags]
              lists: [tags]
              numeric: [age]
            """);
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "convert", "-c", "job.yaml", "--split", "train", "-o", "deep/rows.csv");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal($"2 rows written to {_folder.At("deep", "rows.csv")}\n", result.Output);
        Assert.Equal("clicked,user,age,tags\n1,ann,5,a|b\n0,\"b,\"\"c\",,\n", File.ReadAllText(_folder.At("deep", "rows.csv")));
    }

    [Fact]
    public async Task Convert_BadRow_IsExitCode2AndLeavesNothing()
    {
        _folder.Add("train.csv", "clicked,user\n1,a\n0,b,c\n");
        _folder.Add("job.yaml", JobFolder.Shortest.Replace("[user, item]", "[user]", StringComparison.Ordinal));
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "convert", "-c", "job.yaml", "-o", "rows/rows.parquet");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("train.csv", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.At("rows")));
    }

    [Fact]
    public async Task Convert_NoSuchSplit_SaysSo()
    {
        _folder.Add("job.yaml", JobFolder.Shortest);
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "convert", "-c", "job.yaml", "--split", "test", "-o", "rows.csv");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal($"error: {_folder.At("job.yaml")}: there is no data.test; nothing to convert\n", result.Error);
    }

    [Fact]
    [Trait("Category", Golden.Category)]
    public async Task Generate_FirstRows_AreThoseOfTheSpecification()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "generate", "--rows", "20", "--output", "rows.tsv");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal($"20 rows written to {_folder.At("rows.tsv")}\n", result.Output);
        string[] expected = [.. File.ReadLines(Golden.File("synthetic", "first20.csv")).Skip(1).Select(line => string.Join('\t', line.Split(',')[..40]))];
        Assert.Equal(expected, File.ReadLines(_folder.At("rows.tsv")));
    }

    [Fact]
    public async Task Generate_NoRows_IsExitCode2()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "generate", "--rows", "0", "--output", "rows.tsv");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.False(File.Exists(_folder.At("rows.tsv")));
    }
}
