using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Storage;

public sealed class EmbeddingTableTests : IDisposable
{
    readonly Blocks _blocks = new();

    public void Dispose() => _blocks.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 16)]
    [InlineData(3, 1)]
    [InlineData(16, 16)]
    [InlineData(33, 4)]
    public void Push_ManyRows_GrowsAndKeepsEveryRow(int dimension, int parts)
    {
        using EmbeddingTable table = Table(dimension, parts);
        ulong[] keys = Keys(30_000);
        float[] gradients = [.. Enumerable.Range(0, keys.Length * dimension).Select(i => (float)(i % 1000))];

        for (int start = 0; start < keys.Length; start += 7_000)
        {
            int end = Math.Min(keys.Length, start + 7_000);
            Push(table, keys[start..end], gradients[(start * dimension)..(end * dimension)]);
        }

        Assert.Equal(gradients.Select(g => 1 - (0.5f * g)), Read(table, keys));
        Assert.Equal(keys.Length, table.Statistics.Rows);
        Assert.Equal(keys.Order(), SortedKeys(table));
        table.CheckInvariants();
    }

    [Fact]
    public void Push_KeysOfOneBucket_AreAllFound()
    {
        // The index starts with 16 buckets of 4: these keys share the home bucket of every size up to 4096.
        ulong[] keys = [.. Enumerable.Range(1, int.MaxValue).Select(i => (ulong)i).Where(k => (CounterRandom.Mix(k) & 4095) == 4095).Take(30)];
        using EmbeddingTable table = Table(1, 1);

        Push(table, keys, [.. keys.Select((_, i) => (float)i)]);

        Assert.Equal(keys.Select((_, i) => 1 - (0.5f * i)), Read(table, keys));
        table.CheckInvariants();
    }

    [Fact]
    public void Insert_RowsWithStatesAndAges_ComeBackAsWritten()
    {
        using EmbeddingTable table = Table(2, 4, new PlainMomentum(1));
        NativeBlock keys = _blocks.Of<ulong>([9, 0, 1UL << 63]);
        float[] rows = [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 7, 8, 9, 10, 11, 12];

        Assert.Equal(2, table.Insert(keys, _blocks.Of(rows), _blocks.Of([3, 0, 1]), dataOnly: false, skipExisting: false));

        Assert.Equal([9UL, 1UL << 63], SortedKeys(table));
        (float[] back, int[] ages) = ReadWhole(table, [1UL << 63, 9, 77]);
        Assert.Equal([7f, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0], back);
        Assert.Equal([1, 3, -1], ages);
    }

    [Fact]
    public void Insert_DataOnlyOrSkipExisting_KeepsWhatItMust()
    {
        using EmbeddingTable table = Table(1, 1, new PlainMomentum(1));
        table.Insert(_blocks.Of<ulong>([1, 2]), _blocks.Of([1f, 2, 3, 4, 5, 6]), _blocks.Of([7, 8]), false, false);

        Assert.Equal(1, table.Insert(_blocks.Of<ulong>([2, 3]), _blocks.Of([40f, 50f]), default, dataOnly: true, skipExisting: true));
        Assert.Equal(1, table.Insert(_blocks.Of<ulong>([1]), _blocks.Of([10f]), default, dataOnly: true, skipExisting: false));

        (float[] rows, int[] ages) = ReadWhole(table, [1, 2, 3]);
        Assert.Equal([10f, 0, 0, 4, 5, 6, 50, 0, 0], rows);
        Assert.Equal([0, 8, 0], ages);
    }

    [Fact]
    public void Prune_Ages_GrowOnlyThereAndPushesResetThem()
    {
        using EmbeddingTable table = Table(1, 2);
        table.Insert(_blocks.Of<ulong>([1, 2, 3]), _blocks.Of([1f, 2, 3]), _blocks.Of([0, 4, 4]), false, false);
        Push(table, [3], [0]);
        Read(table, [2]);

        Assert.Equal(0, table.Prune(new PruneRequest(MaxAge: 5)));
        Assert.Equal([1, 5, 1], ReadWhole(table, [1, 2, 3]).Ages);
        Assert.Equal(1, table.Prune(new PruneRequest(MaxAge: 5)));
        Assert.Equal([2, -1, 2], ReadWhole(table, [1, 2, 3]).Ages);
        Push(table, [2, 4], [0, 0]);
        Assert.Equal([2, 0, 2, 0], ReadWhole(table, [1, 2, 3, 4]).Ages);
        Assert.Equal([1f, 1, 3, 1], Read(table, [1, 2, 3, 4]));
        table.CheckInvariants();
    }

    [Fact]
    public void Prune_FreedRows_AreReused()
    {
        using EmbeddingTable table = Table(16, 1);
        ulong[] keys = Keys(5_000);
        Push(table, keys, new float[keys.Length * 16]);
        long before = table.Statistics.Bytes;

        for (int round = 0; round < 5; round++)
        {
            Assert.Equal(0, table.Prune(new PruneRequest(MaxAge: 1)));
            Push(table, keys[..1000], new float[16_000]);
            Assert.Equal(4_000, table.Prune(new PruneRequest(MaxAge: 1)));
            Push(table, keys, new float[keys.Length * 16]);
            table.CheckInvariants();
        }

        Assert.Equal(before, table.Statistics.Bytes);
        Assert.Equal(5_000, table.Prune(new PruneRequest(All: true)));
        Assert.InRange(table.Statistics.Bytes, 0, 4_096);
    }

    [Fact]
    public void Push_OverTheMemoryLimit_SaysWhatToDo()
    {
        using EmbeddingTable table = new(Spec(16, new PlainSgd(1)), 1, 1, new MemoryBudget(1 << 20));
        ulong[] keys = Keys(60_000);

        ShardCapacityException error = Assert.Throws<ShardCapacityException>(() => Push(table, keys, new float[keys.Length * 16]));

        Assert.Matches(
            "^table 't' holds [0-9,]+ rows and needs [0-9,]+ bytes more, but the shard's tables already take [0-9,]+ of the " +
            "1,048,576 bytes allowed; give the shard more memory, use more shards, or prune rows by age or magnitude$",
            error.Message);
        Assert.InRange(table.Statistics.Bytes, 500_000, 1 << 20);
        table.CheckInvariants();
    }

    [Fact]
    public void Dispose_GivesTheBudgetBack()
    {
        MemoryBudget budget = new(long.MaxValue);
        EmbeddingTable table = new(Spec(4, new PlainSgd(1)), 1, 16, budget);
        Push(table, Keys(1000), new float[4000]);
        Assert.True(budget.Taken >= table.Statistics.Bytes);

        table.Dispose();

        Assert.Equal(0, budget.Taken);
    }

    [Fact]
    public void ReadRows_OneContent_IsTheSameForAnyHistory()
    {
        ulong[] keys = Keys(2_000);
        using EmbeddingTable one = Table(2, 1), other = Table(2, 16);
        Push(one, keys, Enumerable.Range(0, 4_000).Select(i => (float)i).ToArray());
        for (int i = keys.Length - 1; i >= 0; i--) Push(other, [keys[i]], [2 * i, (2 * i) + 1]);

        Assert.Equal(SortedKeys(one), SortedKeys(other));
        Assert.Equal(ReadWhole(one, SortedKeys(one)).Rows, ReadWhole(other, SortedKeys(other)).Rows);
    }

    static SparseTableSpec Spec(int dimension, TensorUpdater updater) => new()
    {
        Name = "t",
        Dimension = dimension,
        Updater = updater,
        Initializer = new PlainConstant(1),
    };

    static EmbeddingTable Table(int dimension, int parts, TensorUpdater? updater = null) =>
        new(Spec(dimension, updater ?? new PlainSgd(0.5f)), 1, parts, new MemoryBudget(long.MaxValue));

    static ulong[] Keys(int count) => [.. Enumerable.Range(0, count).Select(i => CounterRandom.Draw(3, (ulong)i) | 1)];

    void Push(EmbeddingTable table, ulong[] keys, float[] gradients)
    {
        using Blocks blocks = new();
        table.Push(blocks.Of(keys), blocks.Of(gradients), new UpdateStep(1));
    }

    float[] Read(EmbeddingTable table, ulong[] keys)
    {
        using Blocks blocks = new();
        NativeBlock rows = blocks.Zeros<float>(keys.Length * table.Format.Spec.Dimension);
        table.Pull(blocks.Of(keys), rows, readOnly: true, nanFill: true);
        return rows.AsSpan<float>().ToArray();
    }

    static ulong[] SortedKeys(EmbeddingTable table)
    {
        using TableCapture capture = new(table, RowOrder.Keys);
        ulong[] keys = new ulong[capture.Count];
        capture.ReadKeys(0, keys);
        return keys;
    }

    // An absent key has zeros and the age -1.
    static (float[] Rows, int[] Ages) ReadWhole(EmbeddingTable table, ulong[] keys)
    {
        using TableCapture capture = new(table, RowOrder.Keys);
        ulong[] stored = new ulong[capture.Count];
        byte[] bytes = new byte[stored.Length * capture.RowBytes];
        capture.ReadKeys(0, stored);
        capture.ReadRows(0, stored, bytes);
        TableRowFormat format = TableRowFormat.Of(table.Format.Spec);
        byte[] rows = new byte[keys.Length * format.ValueBytes];
        int[] ages = new int[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            int at = Array.IndexOf(stored, keys[i]);
            ages[i] = -1;
            if (at >= 0) format.Unpack(bytes.AsSpan(at * format.RowBytes, format.RowBytes), rows.AsSpan(i * format.ValueBytes), ages.AsSpan(i, 1));
        }

        return (MemoryMarshal.Cast<byte, float>(rows).ToArray(), ages);
    }
}
