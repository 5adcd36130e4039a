using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(5, 1)]
    public async Task Load_AnyShardCounts_KeepsEverything(int from, int to)
    {
        await using ParameterClient saved = await TestStore.TrainedAsync(from);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        await using ParameterClient loaded = await TestStore.LoadedAsync(_folder["c"], to);
        string content = await TestStore.ContentAsync(saved);
        Assert.Contains("applied 3", content, StringComparison.Ordinal);
        Assert.Contains("| 1\n", content, StringComparison.Ordinal);
        Assert.Equal(content, await TestStore.ContentAsync(loaded));
    }

    [Fact]
    public async Task Load_ThenTrain_GivesTheBitsOfUninterruptedTraining()
    {
        await using ParameterClient whole = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(_folder["c"], whole, TestStore.Description, false, Token);
        await using ParameterClient resumed = await TestStore.LoadedAsync(_folder["c"], 3);
        Push push = new(TestStore.Keys[1..4], [1, 2, 3, 4, 5, 6, 7, 8, 9]) { Dense = [1, 1, 1, 1, 1, 2, 2, 2, 2, 2] };
        await new StoreSession(whole) { NextStep = 3 }.PushAsync(push);
        await new StoreSession(resumed).PushAsync(push);
        Assert.Equal(await TestStore.ContentAsync(whole), await TestStore.ContentAsync(resumed));
    }

    [Fact]
    public async Task Save_SameContent_GivesTheSameBytes()
    {
        await using ParameterClient first = await TestStore.TrainedAsync(2);
        await using ParameterClient second = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(_folder["a"], first, TestStore.Description, false, Token);
        await CheckpointWriter.SaveAsync(_folder["b"], second, TestStore.Description, false, Token);
        string[] names = [.. Directory.EnumerateFiles(_folder["a"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Contains("manifest.json", names);
        Assert.Contains("deep__sparse_1.dat", names);
        foreach (string name in names)
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["a"], name)), File.ReadAllBytes(Path.Combine(_folder["b"], name)));
    }

    [Fact]
    public async Task Open_Manifest_HasWhatWasSaved()
    {
        await using ParameterClient client = await TestStore.TrainedAsync(2);
        using (CheckpointWriter writer = CheckpointWriter.Create(_folder["c"]))
        {
            CheckpointProgress progress = await writer.WriteStoreAsync(client, 0, Token);
            Assert.Equal([3], progress.NextSteps);
            writer.WriteFile("notes.txt", "hello"u8);
            writer.Publish(TestStore.Description);
        }

        CheckpointManifest manifest = CheckpointReader.Open(_folder["c"]).Manifest!;
        Assert.Equal(HashMode.MetaSpore, manifest.HashMode);
        Assert.Equal("abc", manifest.InputFingerprint);
        Assert.Equal(client.Layout.RunId, manifest.RunId);
        Assert.Equal((2, 1, 17UL), (manifest.Store.ShardCount, manifest.Store.WorkerCount, manifest.Store.Seed));
        Assert.Equal(3, manifest.Progress.AppliedSteps);
        Assert.Equal([false], manifest.Progress.Ended);
        Assert.Equal("é\"", manifest.Sections["trainer"].GetProperty("text").GetString());
        Assert.Equal([5, 2], manifest.Store.DenseTensors[0].Shape);
        Assert.Equal(5, manifest.Files.Single(f => f.Name == "notes.txt").Length);
        Assert.Equal(
            [.. Directory.EnumerateFiles(_folder["c"]).Select(f => Path.GetFileName(f)).Where(n => n != "manifest.json").Order(StringComparer.Ordinal)],
            manifest.Files.Select(f => f.Name));
        await CheckpointReader.Open(_folder["c"]).VerifyAsync(Token);
    }

    [Fact]
    public async Task Load_WithoutState_KeepsWeightsOnly()
    {
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        StoreLayout stateless = TestStore.Layout(new PlainSgd(1));
        await using ParameterClient loaded = await TestStore.LoadedAsync(_folder["c"], 2, stateless, new CheckpointLoadOptions { LoadState = false });
        StoreSession before = new(saved), after = new(loaded);
        Assert.Equal(await before.PullAsync(0, TestStore.Keys), await after.PullAsync(0, TestStore.Keys));
        Assert.Equal(await before.PullDenseAsync(0), await after.PullDenseAsync(0));
        Assert.Equal(0, (await loaded.GetStatisticsAsync(Token))[0].AppliedSteps);
    }

    [Fact]
    public async Task Save_AtMarker_HasTheMarkersSteps()
    {
        await using ParameterClient client = ParameterClient.CreateLocal(TestStore.Layout(workers: 2), 2);
        await client.BeginEpochAsync(0, [0, 0], Token);
        StoreSession one = new(client, 0), two = new(client, 1);
        await one.PushAsync(new Push([5], [1, 1, 1]));
        using CheckpointWriter writer = CheckpointWriter.Create(_folder["c"]);
        Task<CheckpointProgress> written = writer.WriteStoreAsync(client, 1, Token);
        Task first = one.PushAsync(new Push([5, 6], [1, 1, 1, 2, 2, 2]) { Snapshot = 1, Pull = [5] });
        await two.PushAsync(new Push([7], [1, 1, 1]) { Snapshot = 1, Pull = [7] });
        await first;
        CheckpointProgress progress = await written;
        await one.PushAsync(new Push([8], [1, 1, 1]));
        writer.Publish(TestStore.Description);
        Assert.Equal([2, 1], progress.NextSteps);
        await using ParameterClient loaded = await TestStore.LoadedAsync(_folder["c"], 1, TestStore.Layout(workers: 2));
        Assert.Equal(3, (await loaded.GetStatisticsAsync(Token))[0].Tables[0].Rows);
    }

    [Fact]
    public async Task Save_Text_LoadsWithSevenDigits()
    {
        StoreLayout layout = TestStore.Layout(text: true);
        await using ParameterClient saved = await TestStore.TrainedAsync(2, layout);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        string[] wide = [.. File.ReadAllLines(Path.Combine(_folder["c"], "wide__sparse_0.dat")).Concat(File.ReadAllLines(Path.Combine(_folder["c"], "wide__sparse_1.dat")))];
        Assert.Contains("5\t1.17||1", wide);
        await using ParameterClient loaded = await TestStore.LoadedAsync(_folder["c"], 3, layout);
        float[] expected = await new StoreSession(saved).PullAsync(0, TestStore.Keys), found = await new StoreSession(loaded).PullAsync(0, TestStore.Keys);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], Math.Abs(expected[i]) * 1e-6f);
        Assert.Equal(await new StoreSession(saved).PullAsync(1, TestStore.Keys), await new StoreSession(loaded).PullAsync(1, TestStore.Keys));
    }

    [Fact]
    public async Task Save_EmptyTextTable_Loads()
    {
        StoreLayout layout = TestStore.Layout(text: true);
        await using ParameterClient saved = ParameterClient.CreateLocal(layout, 2);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        Assert.Equal(96, new FileInfo(Path.Combine(_folder["c"], "deep__sparse_1.dat")).Length);
        await using ParameterClient loaded = await TestStore.LoadedAsync(_folder["c"], 2, layout);
        Assert.Equal(0, (await loaded.GetStatisticsAsync(Token))[0].Tables[0].Rows);
    }

    [Fact]
    public async Task Load_OwnFileHoldsKeyOfAnotherShard_NamesIt()
    {
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        string first = Path.Combine(_folder["c"], "deep__sparse_0.dat"), second = Path.Combine(_folder["c"], "deep__sparse_1.dat");
        File.Move(first, first + "x");
        File.Move(second, first);
        File.Move(first + "x", second);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => TestStore.LoadedAsync(_folder["c"], 2, options: new CheckpointLoadOptions { Verify = false }));
        Assert.Matches("deep__sparse_([01]).dat': expected keys of shard \\1 of 2, found key", error.Message);
        Assert.Contains("exchanged or renamed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_ModelThatDoesNotFit_NamesEveryReason()
    {
        await using ParameterClient saved = await TestStore.TrainedAsync(2);
        await CheckpointWriter.SaveAsync(_folder["c"], saved, TestStore.Description, false, Token);
        CheckpointReader reader = CheckpointReader.Open(_folder["c"]);
        string Problems(StoreLayout layout) => Assert.Throws<BadInputException>(() => reader.RequireLayout(layout)).Message;

        Assert.Contains("table 'deep': expected the embedding size 4, found 3", Problems(TestStore.Layout(dimension: 4)), StringComparison.Ordinal);
        Assert.Contains("table 'deep': expected elements of type float64, found float32", Problems(TestStore.Layout(type: ElementType.Float64)), StringComparison.Ordinal);
        string states = Problems(TestStore.Layout(new PlainSgd(1)));
        Assert.Contains("table 'deep': expected 0 updater states for each weight", states, StringComparison.Ordinal);
        Assert.Contains("dense tensor 'dnn.0.weight': expected 0 updater states", states, StringComparison.Ordinal);
        Assert.Contains("found 2", states, StringComparison.Ordinal);
        Assert.Contains("fresh states (freshState: true)", states, StringComparison.Ordinal);
        reader.RequireLayout(TestStore.Layout(new PlainSgd(1)), loadState: false);
        StoreLayout more = TestStore.Layout();
        more = more with
        {
            Tables = [.. more.Tables, more.Tables[0] with { Name = "new" }],
            DenseTensors = [more.DenseTensors[0] with { Shape = [2, 5] }, more.DenseTensors[1] with { Name = "bias2" }],
        };
        BadInputException all = Assert.Throws<BadInputException>(() => reader.RequireLayout(more));
        Assert.Equal(3, all.Problems.Count);
        Assert.Contains("table 'new' is missing: expected one of that name, found deep, wide", all.Message, StringComparison.Ordinal);
        Assert.Contains("dense tensor 'dnn.0.weight': expected the shape (2, 5), found (5, 2)", all.Message, StringComparison.Ordinal);
        Assert.Contains("dense tensor 'bias2' is missing", all.Message, StringComparison.Ordinal);
        BadInputException mode = Assert.Throws<BadInputException>(() => reader.RequireHashMode(HashMode.XxHash3));
        Assert.Contains("expected keys of hash mode xxh3, found metaspore: set features.hash to metaspore", mode.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NotACheckpoint_SaysWhatIsMissing()
    {
        Assert.Contains("found nothing", Assert.Throws<BadInputException>(() => CheckpointReader.Open(_folder["none"])).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Contains("is no checkpoint", Assert.Throws<BadInputException>(() => CheckpointReader.Open(_folder["empty"])).Message, StringComparison.Ordinal);
        await using ParameterClient client = await TestStore.TrainedAsync(1);
        await CheckpointWriter.SaveAsync(_folder["c"], client, TestStore.Description, false, Token);
        File.Delete(Path.Combine(_folder["c"], "manifest.json"));
        Assert.Contains("it is incomplete", Assert.Throws<BadInputException>(() => CheckpointReader.Open(_folder["c"])).Message, StringComparison.Ordinal);
    }
}
