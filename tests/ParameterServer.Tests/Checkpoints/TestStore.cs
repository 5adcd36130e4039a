using System.Text.Json;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>Small stores for tests of checkpoints.</summary>
static class TestStore
{
    public static readonly ulong[] Keys = [5, 6, 7, 1UL << 63, ulong.MaxValue, 1000, 1001, 1002];

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static CheckpointDescription Description { get; } = new()
    {
        HashMode = HashMode.MetaSpore,
        InputFingerprint = "abc",
        Sections = new Dictionary<string, JsonElement> { ["trainer"] = JsonSerializer.SerializeToElement(new { bestEpoch = 3, text = "é\"" }) },
    };

    public static StoreLayout Layout(TensorUpdater? updater = null, int dimension = 3, bool text = false, int workers = 1, ElementType type = ElementType.Float32) => new()
    {
        RunId = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"),
        Seed = 17,
        WorkerCount = workers,
        Tables =
        [
            new() { Name = "deep", Dimension = dimension, Updater = updater ?? new PlainMomentum(0.1f), Initializer = new PlainUniform(), SaveAsText = text, ElementType = type },
            new() { Name = "wide", Dimension = 1, Updater = new PlainSgd(0.1f), Initializer = new PlainConstant(1), SaveAsText = text },
        ],
        DenseTensors =
        [
            new() { Name = "dnn.0.weight", Shape = [5, 2], Updater = updater ?? new PlainMomentum(0.1f) },
            new() { Name = "bias", Shape = [1, 1], Updater = new PlainSgd(0.1f) },
        ],
    };

    /// <summary>A store that has made three steps and aged its rows once.</summary>
    public static async Task<ParameterClient> TrainedAsync(int shards, StoreLayout? layout = null)
    {
        ParameterClient client = ParameterClient.CreateLocal(layout ?? Layout(), shards);
        StoreSession session = new(client);
        await client.BeginEpochAsync(0, [0], Token);
        await session.WriteDenseAsync(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        await session.WriteDenseAsync(1, 0.5f);
        float[] gradient = [.. Enumerable.Range(0, 8 * 3).Select(i => (i * 0.25f) - 1.7f)];
        await session.PushAsync(new Push(Keys, gradient) { Dense = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5] });
        await session.PushAsync(new Push(Keys, gradient[..8]) { Table = 1 });
        await client.PruneAsync(new PruneRequest(MaxAge: 9), Token);
        await session.PushAsync(new Push(Keys[..2], gradient[..6]));
        return client;
    }

    /// <summary>Everything that a checkpoint must keep: rows with states and ages by key, dense tensors, counts.</summary>
    public static async Task<string> ContentAsync(ParameterClient client)
    {
        using TestFolder folder = new();
        await CheckpointWriter.SaveAsync(folder["c"], client, Description, false, Token);
        CheckpointReader reader = CheckpointReader.Open(folder["c"]);
        List<string> lines = [$"applied {reader.Manifest!.Progress.AppliedSteps}"];
        foreach (SparseTableSpec table in client.Layout.Tables)
        {
            foreach (string file in Directory.EnumerateFiles(folder["c"], $"{table.Name}__sparse_*.dat"))
            {
                using TableRowStream stream = TableRowStream.Open(file, table, dataOnly: false);
                foreach ((ulong key, double[] data, double[] state, int age) in TestTable.ReadAll(stream, table))
                    lines.Add($"{table.Name} {key:d20} {string.Join(' ', data)} | {string.Join(' ', state)} | {age}");
            }
        }

        foreach (string file in Directory.EnumerateFiles(folder["c"], "*__dense_*.dat"))
            lines.Add($"{Path.GetFileName(file)} {Convert.ToHexString(File.ReadAllBytes(file))}");
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    public static async Task<ParameterClient> LoadedAsync(string path, int shards, StoreLayout? layout = null, CheckpointLoadOptions? options = null)
    {
        ParameterClient client = ParameterClient.CreateLocal(layout ?? Layout(), shards);
        await CheckpointReader.Open(path).LoadAsync(client, options ?? new CheckpointLoadOptions(), Token);
        await client.BeginEpochAsync(0, [.. new long[client.Layout.WorkerCount]], Token);
        return client;
    }
}
