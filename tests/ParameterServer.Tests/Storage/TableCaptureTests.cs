using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Checkpoints;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Storage;

/// <summary>What is read of a capture is the table of its moment, whatever happens to the table meanwhile.</summary>
public sealed class TableCaptureTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ElementType.Float32, 1, 1, false)]
    [InlineData(ElementType.Float32, 16, 16, false)]
    [InlineData(ElementType.Float64, 3, 16, false)]
    [InlineData(ElementType.Float64, 1, 1, true)]
    [InlineData(ElementType.Float32, 5, 4, true)]
    public void Write_RowsComeGoAndChangeMeanwhile_GivesTheFileOfTheMoment(ElementType type, int dimension, int parts, bool text)
    {
        MemoryBudget budget = new(long.MaxValue);
        using EmbeddingTable table = new(Spec(type, dimension, text), 1, parts, budget);
        Random random = new(dimension);
        for (int i = 0; i < 60; i++) Change(table, random, pruneEvery: 20);
        for (int round = 0; round < 4; round++)
        {
            RowOrder order = round % 2 == 0 ? RowOrder.Keys : RowOrder.Memory;
            using (TableCapture atRest = new(table, order)) Write($"rest-{round}", atRest, atRest, text);
            using (TableCapture capture = new(table, order))
            {
                DisturbedRows disturbed = new(capture, () => Change(table, random, pruneEvery: 40));
                Write($"busy-{round}", disturbed, capture, text);
                Assert.InRange(disturbed.Reads, 20, 1500);
            }

            Assert.Equal(File.ReadAllBytes(_folder[$"rest-{round}"]), File.ReadAllBytes(_folder[$"busy-{round}"]));
            table.CheckInvariants();
        }

        table.Prune(new PruneRequest(All: true));
        Assert.InRange(budget.Taken, 0, parts * 4096);
    }

    [Fact]
    public void Write_TableIsClearedAndFilledAgainMeanwhile_GivesTheFileOfTheMoment()
    {
        using EmbeddingTable table = new(Spec(ElementType.Float32, 4, false), 1, 4, new MemoryBudget(long.MaxValue));
        Random random = new(3);
        for (int i = 0; i < 60; i++) Change(table, random, pruneEvery: 20);
        using (TableCapture atRest = new(table, RowOrder.Keys)) Write("rest", atRest, atRest, false);
        using (TableCapture capture = new(table, RowOrder.Keys))
        {
            table.Prune(new PruneRequest(All: true));
            for (int i = 0; i < 60; i++) Change(table, random, pruneEvery: 20);
            Write("busy", capture, capture, false);
        }

        Assert.Equal(File.ReadAllBytes(_folder["rest"]), File.ReadAllBytes(_folder["busy"]));
    }

    [Fact]
    public async Task Save_AtAMarkerWhileTheWorkerGoesOn_GivesTheFilesOfASaveAtRest()
    {
        await using ParameterServer.Client.ParameterClient busy = await TestStore.TrainedAsync(1, TestStore.Layout(dimension: 3));
        await using ParameterServer.Client.ParameterClient rest = await TestStore.TrainedAsync(1, TestStore.Layout(dimension: 3));
        Directory.CreateDirectory(_folder["rest"]);
        Directory.CreateDirectory(_folder["busy"]);
        StoreSession quiet = new(rest) { NextStep = 3 }, going = new(busy) { NextStep = 3 };
        await quiet.PushAsync(Step(0) with { Pull = [5] });
        await rest.SaveAsync(new SnapshotRequest(0, _folder["rest"]), Token);

        Task<ShardSnapshot[]> save = busy.SaveAsync(new SnapshotRequest(1, _folder["busy"]), Token);
        await going.PushAsync(Step(0) with { Pull = [5], Snapshot = 1 });
        for (int i = 1; i < 200; i++) await going.PushAsync(Step(i));
        await save;

        foreach (string file in new[] { "deep__sparse_0.dat", "wide__sparse_0.dat" })
            Assert.Equal(Rows(Path.Combine(_folder["rest"], file)), Rows(Path.Combine(_folder["busy"], file)).OrderBy(row => row.Key));

        static Push Step(int i)
        {
            ulong[] keys = [.. Enumerable.Range(1, 500).Select(k => CounterRandom.Draw(7, (ulong)(k * (1 + (i % 5)))) | 1).Distinct()];
            return new Push(keys, [.. Enumerable.Range(0, keys.Length * 3).Select(j => (j % 17) - (i * 0.5f))]);
        }
    }

    [Fact]
    public void Write_InTheOrderOfMemory_GivesTheSameRows()
    {
        using EmbeddingTable table = new(Spec(ElementType.Float32, 4, false), 1, 4, new MemoryBudget(long.MaxValue));
        Random random = new(9);
        for (int i = 0; i < 200; i++) Change(table, random, pruneEvery: 20);
        using (TableCapture capture = new(table, RowOrder.Keys)) Write("keys", capture, capture, false);
        using (TableCapture capture = new(table, RowOrder.Memory)) Write("memory", capture, capture, false);

        (ulong Key, string Row)[] expected = Rows(_folder["keys"]), rows = Rows(_folder["memory"]);
        Assert.InRange(rows.Length, 100, 1500);
        Assert.Equal(expected.Select(row => row.Key).Order(), expected.Select(row => row.Key));
        Assert.NotEqual(expected, rows);
        Assert.Equal(expected, rows.OrderBy(row => row.Key));
        using TableFileReader file = TableFileReader.Open(_folder["memory"]);
        file.CheckIndex();
    }

    [Fact]
    public void Capture_WhileOneIsOpen_IsRefused()
    {
        using EmbeddingTable table = new(Spec(ElementType.Float32, 4, false), 1, 1, new MemoryBudget(long.MaxValue));
        using TableCapture first = new(table, RowOrder.Keys);
        Assert.Contains("is being captured already", Assert.Throws<InvalidOperationException>(() => new TableCapture(table, RowOrder.Keys)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadRows_ChangesDoNotFitTheMemory_SaysSoAndTheTableGoesOn()
    {
        ulong[] keys = [.. Enumerable.Range(1, 20_000).Select(i => (ulong)i)];
        MemoryBudget budget = new(4 << 20);
        using Blocks blocks = new();
        using EmbeddingTable table = new(Spec(ElementType.Float32, 16, false, new PlainSgd(1)), 1, 1, budget);
        NativeBlock all = blocks.Of(keys), gradients = blocks.Zeros<float>(keys.Length * 16);
        table.Push(all, gradients, new UpdateStep(1));
        long before = budget.Taken;
        using (TableCapture capture = new(table, RowOrder.Keys))
        {
            Assert.True(budget.Taken > before);
            table.Push(all, gradients, new UpdateStep(2));

            ShardCapacityException error = Assert.Throws<ShardCapacityException>(() => capture.ReadRows(0, keys, new byte[keys.Length * capture.RowBytes]));

            Assert.Matches(
                "^a snapshot keeps the rows that change while it is written: table 't' holds 20,000 rows and needs [0-9,]+ bytes more, but the " +
                "shard's tables already take [0-9,]+ of the 4,194,304 bytes allowed; give the shard more memory, use more shards, or prune", error.Message);
        }

        Assert.Equal(before, budget.Taken);
        table.Push(all, gradients, new UpdateStep(3));
        Assert.Throws<ShardCapacityException>(() => new TableCapture(Full(blocks), RowOrder.Keys));
    }

    [Fact]
    public void Sort_AnyKeys_Ascends()
    {
        Random random = new(5);
        foreach (int mask in new[] { 0, 8, 40, 63 })
        {
            CapturedRow[] rows = [.. Enumerable.Range(0, 20_000).Select(i => new CapturedRow((ulong)random.NextInt64() >> mask, (uint)i, i))];
            ulong[] expected = [.. rows.Select(r => r.Key).Order()];
            CapturedRow.SortByKey(rows);
            Assert.Equal(expected, rows.Select(r => r.Key));
            CapturedRow[] byRow = [.. rows];
            CapturedRow.SortByRow(byRow);
            Assert.Equal(rows.OrderBy(r => r.Row), byRow);
            Assert.Equal(20_000, rows.Select(r => r.Row).Distinct().Count());
            Assert.All(rows, r => Assert.Equal((int)r.Row, r.Age));
        }
    }

    static (ulong Key, string Row)[] Rows(string path)
    {
        using TableFileReader file = TableFileReader.Open(path);
        ulong[] keys = new ulong[file.Count];
        byte[] rows = new byte[keys.Length * file.RowBytes];
        file.ReadKeys(0, keys);
        file.ReadRows(0, keys, rows);
        return [.. keys.Select((key, i) => (key, Convert.ToHexString(rows.AsSpan(i * file.RowBytes, file.RowBytes))))];
    }

    // A table whose memory is taken to the last byte.
    static EmbeddingTable Full(Blocks blocks)
    {
        EmbeddingTable table = new(Spec(ElementType.Float32, 16, false), 1, 1, new MemoryBudget(230 << 10));
        table.Push(blocks.Of([.. Enumerable.Range(1, 1000).Select(i => (ulong)i)]), blocks.Zeros<float>(16_000), new UpdateStep(1));
        return table;
    }

    static SparseTableSpec Spec(ElementType type, int dimension, bool text, TensorUpdater? updater = null) => new()
    {
        Name = "t",
        Dimension = dimension,
        ElementType = type,
        SaveAsText = text,
        Updater = updater ?? new PlainMomentum(0.5f),
        Initializer = new PlainUniform(),
    };

    void Write(string name, ITableRows rows, TableCapture capture, bool text)
    {
        if (text) TextTableWriter.Write(_folder[name], rows, TableRowFormat.Of(capture.Table.Format.Spec), Token);
        else TableFileWriter.Write(_folder[name], rows, null, Token);
    }

    static void Change(EmbeddingTable table, Random random, int pruneEvery)
    {
        using Blocks blocks = new();
        ulong[] keys = [.. Enumerable.Range(0, random.Next(1, 90)).Select(_ => CounterRandom.Draw(1, (ulong)random.Next(1500))).Distinct()];
        int values = keys.Length * table.Format.Spec.Dimension;
        if (random.Next(pruneEvery) == 0) table.Prune(new PruneRequest(MaxAge: random.Next(3, 9)));
        else if (random.Next(pruneEvery) == 0) table.Prune(new PruneRequest(Epsilon: random.NextDouble() * 0.5));
        else if (random.Next(10) == 0) table.Insert(blocks.Of(keys), Values(values * 3), blocks.Of(new int[keys.Length]), dataOnly: false, skipExisting: random.Next(2) == 0);
        else if (random.Next(10) == 0) table.Write(blocks.Of(keys), Values(values));
        else if (random.Next(4) == 0) table.Pull(blocks.Of(keys), Values(values), readOnly: false, nanFill: false);
        else table.Push(blocks.Of(keys), Values(values), new UpdateStep(random.Next(100)));

        NativeBlock Values(int count) => table.Format.ElementBytes == sizeof(double)
            ? blocks.Of([.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)])
            : blocks.Of([.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)]);
    }

    /// <summary>Rows that are read a few at a time, with changes of the table in between.</summary>
    sealed class DisturbedRows(ITableRows inner, Action disturb) : ITableRows
    {
        public int Reads { get; private set; }

        public long Count => inner.Count;

        public int RowBytes => inner.RowBytes;

        public void ReadKeys(long start, Span<ulong> keys) => inner.ReadKeys(start, keys);

        public void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> rows)
        {
            const int Few = 7;
            for (int i = 0; i < keys.Length; i += Few, Reads++)
            {
                disturb();
                inner.ReadRows(start + i, keys[i..Math.Min(keys.Length, i + Few)], rows[(i * RowBytes)..]);
            }
        }
    }
}
