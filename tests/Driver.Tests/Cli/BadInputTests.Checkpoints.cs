using System.Text.Json.Nodes;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <content>Models and checkpoints that are damaged, don't fit, or can't be written.</content>
public sealed partial class BadInputTests
{
    [Fact]
    public async Task FlippedByte_IsNamedByEveryVerb()
    {
        await TrainAsync("--set", "output.model=first");
        FlipByte("first", "embedding__sparse_0.dat");
        const string Expected = "error: checkpoint 'first', file 'embedding__sparse_0.dat': expected the hash H, found 0000000000000000: "
            + "it is damaged; restore it from a copy, or use an earlier checkpoint";
        string found = "";
        foreach (string[] arguments in (string[][])
        [
            ["evaluate", "-m", "first", "-d", "rows.csv"],
            ["predict", "-m", "first", "-d", "rows.csv", "-o", "o.csv"],
            ["inspect", "first"],
            ["train", "-c", "job.yaml", "--set", "input.model=first"],
        ])
        {
            MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, arguments);
            found = found.Length > 0 ? found : FoundHash(result.Error);
            Assert.Equal(16, found.Length);
            await AssertRefusedAsync(Expected.Replace("0000000000000000", found, StringComparison.Ordinal), arguments);
        }

        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public async Task FlippedByteOfTheManifest_IsNamed()
    {
        await TrainAsync("--set", "output.model=first");
        FlipByte("first", "manifest.json");
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, "evaluate", "-m", "first", "-d", "rows.csv");
        await AssertRefusedAsync(
            $"error: 'first/manifest.json': expected the hash H, found {FoundHash(result.Error)}: it is damaged or was edited; restore it from a copy, or use an earlier checkpoint",
            "evaluate", "-m", "first", "-d", "rows.csv");
    }

    [Fact]
    public async Task MissingShardFile_IsNamed()
    {
        await TrainAsync("--set", "output.model=first", "--set", "training.servers=3");
        File.Delete(_folder.At("first", "linear__sparse_2.dat"));
        const string Expected = "error: checkpoint 'first', file 'linear__sparse_2.dat' is missing: restore it from a copy, or use an earlier checkpoint";
        await AssertRefusedAsync(Expected, "evaluate", "-m", "first", "-d", "rows.csv");
        await AssertRefusedAsync(Expected, "train", "-c", "job.yaml", "--set", "input.model=first");
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public async Task InputThatChangedBeforeResume_IsNamed()
    {
        _folder.Add("rows/b.csv", string.Join('\n', [_lines[0], .. _lines[200..]]) + "\n");
        _folder.Add("rows/a/1.csv", string.Join('\n', _lines[..200]) + "\n");
        string[] settings = ["--set", "data.train=rows", "--set", "training.checkpoint={path: checkpoints, everySteps: 3}"];
        await TrainAsync(settings);
        string[] resume = ["train", "-c", "job.yaml", .. settings, "--set", "training.epochs=2", "--set", "output.overwrite=true", "--resume"];
        const string Checkpoint = "error: The checkpoint 'checkpoints/step-00000008' can't be resumed: ";
        const string Cure = ". The rows must be read again as they were: restore the file, or start anew without resuming (output.overwrite replaces a model).";

        byte[] first = File.ReadAllBytes(_folder.At("rows/b.csv")), changed = [.. first];
        changed[^2] = (byte)'7';
        File.WriteAllBytes(_folder.At("rows/b.csv"), changed);
        await AssertRefusedAsync($"{Checkpoint}the input file 'b.csv' was changed: it has {first.Length} bytes as before, but other content{Cure}", resume);
        File.WriteAllBytes(_folder.At("rows/b.csv"), [.. first, .. "1,u1,i1,2\n"u8]);
        await AssertRefusedAsync($"{Checkpoint}the input file 'b.csv' was changed: it had {first.Length} bytes and has {first.Length + 10}{Cure}", resume);
        File.WriteAllBytes(_folder.At("rows/b.csv"), first);
        File.WriteAllBytes(_folder.At("rows/c.csv"), first);
        await AssertRefusedAsync($"{Checkpoint}the input file 'c.csv' was added{Cure}", resume);
        File.Move(_folder.At("rows/b.csv"), _folder.At("b.csv"));
        await AssertRefusedAsync($"{Checkpoint}input file 2 was 'b.csv' and is now 'c.csv'{Cure}", resume);
        File.Delete(_folder.At("rows/c.csv"));
        await AssertRefusedAsync($"{Checkpoint}input file 1 was 'a/1.csv' and is now '1.csv'{Cure}", resume);

        // What was, in another place, with other times.
        File.Move(_folder.At("b.csv"), _folder.At("rows/b.csv"));
        Directory.CreateDirectory(_folder.At("moved"));
        Directory.Move(_folder.At("rows"), _folder.At("moved/rows"));
        File.SetLastWriteTimeUtc(_folder.At("moved/rows/b.csv"), DateTime.UnixEpoch);
        await TrainAsync([.. resume[3..], "--set", "data.train=moved/rows"]);
    }

    [Theory]
    [InlineData("features.hash=metaspore", "error: checkpoint 'first': expected keys of hash mode metaspore, found xxh3: set features.hash to xxh3, or train a new model")]
    [InlineData("model.embeddingSize=8", "error: checkpoint 'first', table 'embedding': expected the embedding size 8, found 4; use the model options of the checkpoint")]
    public async Task ModelThatDoesNotFit_IsRefused(string setting, string expected)
    {
        await TrainAsync("--set", "output.model=first");
        await AssertRefusedAsync(expected, "train", "-c", "job.yaml", "--set", "input.model=first", "--set", setting);
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public async Task DiskFullWhileSaving_KeepsThePreviousCheckpointAndModel()
    {
        using SmallDisk? disk = SmallDisk.TryMount(_folder.At("disk"));
        Assert.SkipWhen(disk is null, "needs the right to mount a file system");
        string[] settings =
        [
            "--set", "output={model: disk/model, overwrite: true, metrics: m.jsonl, report: r.html}", "--set", "training.checkpoint.path=disk/checkpoints",
        ];
        await TrainAsync(settings);

        // A checkpoint that can't be written: the run ends, the one before is there, and the run goes on from it later.
        disk.Fill(free: 8192);
        await AssertDiskFullAsync(
            "warning: The last checkpoint is intact: 'disk/checkpoints/step-00000008'. Resume from it once the cause is removed, or name it as input.model "
            + "(ModelInPath) to go on with other options or data.\n"
            + "error: saving the checkpoint 'disk/checkpoints/step-00000016' failed: No space left on device: "
            + "'disk/checkpoints/step-00000016.tmp-X/FILE'. What was written has been removed: free space or correct the path or its permissions, and save again",
            ["train", "-c", "job.yaml", .. settings, "--set", "training.epochs=2", "--resume"]);
        disk.Empty();
        await TrainAsync([.. settings, "--set", "training.epochs=2", "--resume"]);

        // A model that can't be written: the one that it would have replaced is whole.
        Directory.Delete(_folder.At("disk", "checkpoints"), recursive: true);
        disk.Fill(free: 8192);
        await AssertDiskFullAsync(
            "warning: The last checkpoint is intact: 'checkpoints/step-00000008'. Resume from it once the cause is removed, or name it as input.model "
            + "(ModelInPath) to go on with other options or data.\n"
            + "error: saving the checkpoint 'disk/model' failed: No space left on device: 'disk/model.tmp-X/FILE'. "
            + "The previous checkpoint is intact. What was written has been removed: free space or correct the path or its permissions, and save again",
            ["train", "-c", "job.yaml", .. settings, "--set", "training.checkpoint.path=checkpoints"]);
        MetasporeProcess.Result inspect = await MetasporeProcess.RunAsync(_folder.Root, "inspect", "disk/model");
        Assert.True(inspect.ExitCode == 0, inspect.Error);

        // Predictions that can't be written leave no file.
        foreach (string output in (string[])["disk/o.csv", "disk/o.csv.gz", "disk/o.parquet", "disk/o.arrow"])
        {
            disk.Empty();
            disk.Fill(free: 0);
            await AssertDiskFullAsync(
                $"error: {output}: the file can't be written: No space left on device; nothing of it is left: free space, correct the permissions, or write elsewhere",
                ["predict", "-m", "disk/model", "-d", "rows.csv", "-o", output]);
        }
    }

    [Fact]
    public async Task NanLoss_StopsNamesTheBatchAndKeepsTheLastGoodCheckpoint()
    {
        string[] settings =
        [
            "--set", $"model={{assembly: {typeof(DivergingNetwork).Assembly.Location}, type: {typeof(DivergingNetwork).FullName}, options: {{nanAtStep: 7}}}}",
            "--set", "features.numeric=~", "--set", "training.checkpoint={path: checkpoints, everySteps: 2}",
        ];
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, ["train", "-c", "job.yaml", .. settings]);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(
            "warning: The last checkpoint is intact: 'checkpoints/step-00000006'. Resume from it once the cause is removed, or name it as input.model "
            + "(ModelInPath) to go on with other options or data.\n"
            + "error: The loss is NaN at epoch 1, step 7 of worker 0 (50 rows); expected a finite number. Nothing of this step was applied. Lower the learning "
            + "rate, or look for extreme values in dense columns and labels.",
            Normalize(result.Error));
        Assert.Equal(["step-00000002", "step-00000004", "step-00000006"], Directory.GetDirectories(_folder.At("checkpoints")).Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(_folder.At("out", "model")));
        JsonNode end = JsonNode.Parse(File.ReadLines(_folder.At("out", "model.metrics.jsonl")).Last())!;
        Assert.Equal("end", (string)end["kind"]!);

        // What the message proposes works: the checkpoint is a whole model, and training goes on from it.
        MetasporeProcess.Result evaluate = await MetasporeProcess.RunAsync(_folder.Root, "evaluate", "-m", "checkpoints/step-00000006", "-d", "rows.csv");
        Assert.True(evaluate.ExitCode == 0, evaluate.Error);
        await TrainAsync([.. settings, "--set", "model.options.nanAtStep=0", "--set", "input.model=checkpoints/step-00000006", "--set", "training.checkpoint.path=others"]);
    }

    // As AssertRefusedAsync, but the reports lie elsewhere; which file met the end of the disk does not matter.
    async Task AssertDiskFullAsync(string expected, string[] arguments)
    {
        Dictionary<string, string> before = Listing();
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(_folder.Root, arguments);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        IEnumerable<string> lines = Normalize(result.Error).Split('\n').Where(line => !line.StartsWith("Resuming from ", StringComparison.Ordinal));
        Assert.Equal(expected, FileInTemporary().Replace(string.Join('\n', lines), ".tmp-X/FILE'"));
        string disk = _folder.At("disk");
        Assert.Equal(
            before.Where(file => file.Key.StartsWith(disk, StringComparison.Ordinal)),
            Listing().Where(file => file.Key.StartsWith(disk, StringComparison.Ordinal)));
    }

    void FlipByte(string folder, string file)
    {
        byte[] bytes = File.ReadAllBytes(_folder.At(folder, file));
        bytes[200] ^= 1;
        File.WriteAllBytes(_folder.At(folder, file), bytes);
    }

    static string FoundHash(string error) => error[(error.IndexOf("found ", StringComparison.Ordinal) + 6)..].Split(':')[0];

    [System.Text.RegularExpressions.GeneratedRegex(@"\.tmp-X/[^']+'")]
    private static partial System.Text.RegularExpressions.Regex FileInTemporary();
}
