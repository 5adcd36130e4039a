using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Tests.Jobs;
using MetaSpore.Spark.Testing;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>A model's life through the program: train, evaluate, predict, inspect; interruption and resume.</summary>
public sealed class TrainingProcessTests : IDisposable
{
    const string Job = """
        data: {train: rows.csv, validation: rows.csv, test: [{path: rows.csv, rows: 100..399}], header: true, label: clicked}
        features: {categorical: [user, item]}
        model: {type: FactorizationMachine, embeddingSize: 4}
        training: {epochs: 3, batchSize: 50, torchThreads: 1, sparse: {updater: {type: adagrad, learningRate: 0.1}}}
        output: {model: out/model}
        """;

    readonly JobFolder _folder = new();

    public TrainingProcessTests()
    {
        _folder.Add("rows.csv", Rows(400));
        _folder.Add("job.yaml", Job);
    }

    public void Dispose() => _folder.Dispose();

    // A click where the user's number plus the item's is even: only their interaction tells.
    static string Rows(int count) => "clicked,user,item\n" + string.Concat(Enumerable.Range(0, count).Select(i =>
    {
        (int user, int item) = (i * 7919 % 13, i * 104729 % 11);
        return $"{(user + item + 1) % 2},u{user},i{item}\n";
    }));

    [Fact]
    public async Task Train_ThenEvaluatePredictInspect_AgreeWithEachOther()
    {
        MetasporeProcess.Result train = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml", "--json");
        Assert.True(train.ExitCode == 0, train.Error);
        string last = train.Output.TrimEnd().Split('\n')[^1];
        JsonObject summary = JsonNode.Parse(last)!.AsObject();
        Assert.Equal(["rows", "seconds", "rowsPerSecond", "epochs", "train", "validation", "test"], summary.Select(p => p.Key));
        Assert.Equal((1200L, 3), ((long)summary["rows"]!, (int)summary["epochs"]!));
        Assert.Equal(300, (long)summary["test"]!["rows"]!);
        Assert.Equal(["auc", "logloss", "rows"], summary["test"]!.AsObject().Select(p => p.Key));
        foreach (string file in (string[])["model/manifest.json", "model.metrics.jsonl", "model.report.html"]) Assert.True(File.Exists(_folder.At("out", file)), file);

        MetasporeProcess.Result evaluate = await MetasporeProcess.RunAsync(_folder.Root, "evaluate", "-m", "out/model", "-d", "rows.csv", "--json");
        Assert.True(evaluate.ExitCode == 0, evaluate.Error);
        JsonObject result = JsonNode.Parse(evaluate.Output.TrimEnd().Split('\n')[^1])!.AsObject();
        Assert.Equal(["rows", "auc", "logloss"], result.Select(p => p.Key));
        Assert.Equal(400, (long)result["rows"]!);
        Assert.Equal((double)summary["validation"]!["auc"]!, (double)result["auc"]!, 9);
        Assert.Equal((double)summary["validation"]!["logloss"]!, (double)result["logloss"]!, 9);

        MetasporeProcess.Result predict = await MetasporeProcess.RunAsync(_folder.Root, "predict", "-m", "out/model", "-d", "rows.csv", "-o", "p/scores.csv");
        Assert.True(predict.ExitCode == 0, predict.Error);
        Assert.Equal((double)result["logloss"]!, LogLoss(File.ReadLines(_folder.At("p", "scores.csv"))), 6);

        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, "inspect", "out/model", "--json");
        Assert.True(inspect.ExitCode == 0, inspect.Error);
        Assert.All(JsonNode.Parse(inspect.Output)!["tables"]!.AsArray(), table => Assert.Equal(24, (long)table!["rows"]!));

        MetasporeProcess.Result again = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml");
        Assert.Equal(2, again.ExitCode);
    }

    [Fact]
    [Trait("Category", Golden.Category)]
    public async Task Predict_OnAdult_KeepsTheInputsCells()
    {
        const string Names = "age,workclass,fnlwgt,education,educationNum,maritalStatus,occupation,relationship,race,sex,capitalGain,capitalLoss,hoursPerWeek,nativeCountry,income";
        string[] rows = [.. Gunzip(Golden.DataFile("adult-train.csv.gz")).Take(2000)];
        _folder.Add("adult.csv", string.Join('\n', rows) + "\n");
        _folder.Add("adult.yaml", $$"""
            data:
              train: adult.csv
              names: [{{Names}}]
              missing: ["", "?"]
              label: {column: income, positive: ">50K"}
            features:
              categorical: [workclass, education, occupation]
              numeric: [{columns: [age, hoursPerWeek], as: dense}, {columns: [capitalGain], as: log2}]
            model: LogisticRegression
            output: {model: out/adult}
            """);
        MetasporeProcess.Result train = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "adult.yaml");
        Assert.True(train.ExitCode == 0, train.Error);
        MetasporeProcess.Result predict = await MetasporeProcess.RunAsync(_folder.Root, "predict", "-m", "out/adult", "-d", "adult.csv", "-o", "scores.csv");
        Assert.True(predict.ExitCode == 0, predict.Error);
        string[] scores = File.ReadAllLines(_folder.At("scores.csv"));
        Assert.Equal(Names + ",label,rawPrediction", scores[0]);
        string[] expected = [.. rows.Select(row => string.Join(',', row.Split(',').Select(cell => cell.Trim())))];
        Assert.Contains(expected, row => row.Contains('?', StringComparison.Ordinal));
        Assert.Equal(expected, scores.Skip(1).Select(line => string.Join(',', line.Split(',')[..^2])));
        Assert.Equal(expected.Select(row => row.EndsWith(">50K", StringComparison.Ordinal) ? "1" : "0"), scores.Skip(1).Select(line => line.Split(',')[^2]));
        Assert.All(scores.Skip(1), line => Assert.InRange(double.Parse(line.Split(',')[^1], CultureInfo.InvariantCulture), double.Epsilon, 1));
    }

    [Fact]
    public async Task Predict_RowsWithoutLabels_LeavesTheirLabelsEmptyAndOtherCellsAsTheyAre()
    {
        _folder.Add("priced.csv", "clicked,user,item,price,note\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 2},u{i % 7},i{i % 5}|i{i % 3},{i}.50,n\n")));
        MetasporeProcess.Result train = await MetasporeProcess.RunAsync(
            _folder.Root, "train", "-c", "job.yaml", "--set", "features.lists=[item]", "--set", "features.numeric=[price]",
            "--set", $"data.train={_folder.At("priced.csv")}", "--set", "data.validation=~", "--set", "data.test=~");
        Assert.True(train.ExitCode == 0, train.Error);
        _folder.Add("new.csv", "clicked,user,item,price,note\n1,u1,i1|i2,1.50,\"a, b\"\n,u2,,007,\n0,u3,i9,1e2,x\n");
        MetasporeProcess.Result predict = await MetasporeProcess.RunAsync(_folder.Root, "predict", "-m", "out/model", "-d", "new.csv", "-o", "scores.csv");
        Assert.True(predict.ExitCode == 0, predict.Error);
        string[] scores = File.ReadAllLines(_folder.At("scores.csv"));
        Assert.Equal(
            ["clicked,user,item,price,note,label", "1,u1,i1|i2,1.50,\"a, b\",1", ",u2,,007,,", "0,u3,i9,1e2,x,0"],
            scores.Select(line => line[..line.LastIndexOf(',')]));

        // Without the column there is no label; and what is predicted does not depend on it.
        _folder.Add("unlabelled.csv", "price,item,user\n1.50,i1|i2,u1\n");
        predict = await MetasporeProcess.RunAsync(_folder.Root, "predict", "-m", "out/model", "-d", "unlabelled.csv", "-o", "unlabelled-scores.csv");
        Assert.True(predict.ExitCode == 0, predict.Error);
        string[] unlabelled = File.ReadAllLines(_folder.At("unlabelled-scores.csv"));
        Assert.Equal("price,item,user,rawPrediction", unlabelled[0]);
        Assert.Equal("1.50,i1|i2,u1," + scores[1].Split(',')[^1], unlabelled[1]);

        MetasporeProcess.Result evaluate = await MetasporeProcess.RunAsync(_folder.Root, "evaluate", "-m", "out/model", "-d", "new.csv");
        Assert.Equal((2, ""), (evaluate.ExitCode, evaluate.Output));
        Assert.Equal($"error: {_folder.At("new.csv")}, line 3, column 'clicked' (field 1): the label is missing; remove the row or fill it in\n", evaluate.Error);
    }

    static IEnumerable<string> Gunzip(string path)
    {
        using var reader = new StreamReader(new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }

    [Theory]
    [InlineData("true", "sgd", 0)]
    [InlineData("false", "adagrad", 0.1)]
    public async Task Train_FromAnEarlierModel_TakesFreshOrStoredUpdaters(string fresh, string updater, double learningRate)
    {
        MetasporeProcess.Result first = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml", "--set", "training.epochs=1");
        Assert.True(first.ExitCode == 0, first.Error);
        MetasporeProcess.Result second = await MetasporeProcess.RunAsync(
            _folder.Root, "train", "-c", "job.yaml", "--set", "training.epochs=1", "--set", "training.sparse.updater=sgd",
            "--set", $"input={{model: {_folder.At("out", "model")}, useFreshUpdaters: {fresh}}}", "--set", "output.model=out/next");
        Assert.True(second.ExitCode == 0, second.Error);
        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, "inspect", "out/next", "--json");
        Assert.All(JsonNode.Parse(inspect.Output)!["tables"]!.AsArray(), table => Assert.Equal(updater, (string)table!["updater"]!["type"]!));
        if (learningRate > 0) Assert.All(JsonNode.Parse(inspect.Output)!["tables"]!.AsArray(), table => Assert.Equal(learningRate, (double)table!["updater"]!["learningRate"]!));
    }

    [Fact]
    public async Task Inspect_FlippedByte_IsExitCode2AndNamesTheFile()
    {
        Assert.Equal(0, (await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml")).ExitCode);
        string file = Directory.EnumerateFiles(_folder.At("out", "model"), "*.dat").First(path => new FileInfo(path).Length > 0);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "inspect", "out/model");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(Path.GetFileName(file), result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_Interrupted_WritesACheckpointSaysHowToResumeAndGoesOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs POSIX signals");
        string[] endless = ["train", "-c", "job.yaml", "--set", "training.epochs=1000000", "--set", "training.batchSize=2"];
        using Process process = MetasporeProcess.StartInterruptible(_folder.Root, endless);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string metrics = _folder.At("out", "model.metrics.jsonl");
        while (!process.HasExited && (!File.Exists(metrics) || new FileInfo(metrics).Length < 2000)) await Task.Delay(50, TestContext.Current.CancellationToken);
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith(
            "interrupted; resume with: metaspore train --config job.yaml --set training.epochs=1000000 --set training.batchSize=2 --resume\n",
            await error,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("out", "model")));

        // The newest checkpoint is whole, and in the middle of an epoch, whose end it is resumed to.
        string newest = Directory.GetDirectories(_folder.At("out", "model.checkpoints"), "step-*").Order(StringComparer.Ordinal).Last();
        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, "inspect", newest, "--json");
        Assert.True(inspect.ExitCode == 0, inspect.Error);
        string epochs = $"training.epochs={(int)JsonNode.Parse(inspect.Output)!["sections"]!["state"]!["epoch"]! + 1}";
        MetasporeProcess.Result other = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml", "--set", epochs, "--set", "training.batchSize=50", "--resume");
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("it was written with batch size = 2, this job has 50. Set it back, or start anew without resuming.", other.Error, StringComparison.Ordinal);

        MetasporeProcess.Result resumed = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml", "--set", epochs, "--set", "training.batchSize=2", "--resume");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains($"Resuming from '{newest}': epoch ", resumed.Error, StringComparison.Ordinal);
        MetasporeProcess.Result whole = await MetasporeProcess.RunAsync(
            _folder.Root, "train", "-c", "job.yaml", "--set", epochs, "--set", "training.batchSize=2", "--set", "output.model=whole");
        Assert.True(whole.ExitCode == 0, whole.Error);
        foreach (string file in Directory.EnumerateFiles(_folder.At("whole"), "*.dat"))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(_folder.At("out", "model", Path.GetFileName(file))));
    }

    [Fact]
    public async Task Train_CtrlCToAllProcesses_WritesACheckpointAndLeavesNoProcess()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs POSIX signals and pgrep");
        string[] endless = ["train", "-c", "job.yaml", "--processes", "--set", "training={epochs: 1000000, batchSize: 2, torchThreads: 1, workers: 2, servers: 2}"];
        using Process process = MetasporeProcess.StartInterruptible(_folder.Root, endless);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string metrics = _folder.At("out", "model.metrics.jsonl");
        while (!process.HasExited && (!File.Exists(metrics) || new FileInfo(metrics).Length < 2000)) await Task.Delay(50, TestContext.Current.CancellationToken);

        // As a terminal does: to the leader and all that it has started.
        string[] children = (await ShellAsync($"pgrep -P {process.Id}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, children.Length);
        await ShellAsync($"kill -INT {process.Id} {string.Join(' ', children)}");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 130, await error);
        Assert.Matches("interrupted; resume with: metaspore train --config job.yaml --set .* --processes --resume\n$", await error);
        Assert.NotEmpty(Directory.GetDirectories(_folder.At("out", "model.checkpoints"), "step-*"));
        Assert.Equal("", await ShellAsync($"for p in {string.Join(' ', children)}; do kill -0 $p 2>/dev/null && echo $p; done; true"));
    }

    static async Task<string> ShellAsync(string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        string output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }

    [Fact]
    public async Task Train_ResumeWithoutACheckpoint_StartsAnewAndSaysSo()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "train", "-c", "job.yaml", "--resume");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("no checkpoint", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    static double LogLoss(IEnumerable<string> lines)
    {
        string[] header = lines.First().Split(',');
        (int label, int prediction) = (Array.IndexOf(header, "label"), Array.IndexOf(header, "rawPrediction"));
        return lines.Skip(1).Select(line => line.Split(',')).Average(cells =>
        {
            double p = Math.Clamp(double.Parse(cells[prediction], CultureInfo.InvariantCulture), 1e-7, 1 - 1e-7);
            return -Math.Log(double.Parse(cells[label], CultureInfo.InvariantCulture) == 1 ? p : 1 - p);
        });
    }
}
