using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Storage;

/// <summary>A capture gives the rows of its moment, whatever happens to the table before they are read.</summary>
public sealed class TableCaptureTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    [InlineData(3, 16)]
    public void Capture_TableGoesOnChanging_ReadsTheRowsOfItsMoment(int seed, int parts)
    {
        Random random = new(seed);
        MemoryBudget budget = new(long.MaxValue);
        using EmbeddingTable table = NewTable(parts, budget);
        for (int i = 0; i < 6; i++) Change(table, random);
        for (int round = 0; round < 8; round++)
        {
            long before = budget.Taken;
            ulong[] keys = table.SortedKeys();
            (byte[] rows, int[] ages) = Read(keys, table.Format, table.ReadRows);
            using (TableCapture capture = new(table))
            {
                byte[] captured = new byte[rows.Length];
                int[] capturedAges = new int[ages.Length];
                Assert.Equal(keys, capture.SortedKeys());
                for (int start = 0; start < keys.Length; start += 40)
                {
                    Change(table, random);
                    int count = Math.Min(40, keys.Length - start);
                    (byte[] block, int[] blockAges) = Read(keys.AsSpan(start, count).ToArray(), table.Format, capture.ReadRows);
                    block.CopyTo(captured, start * table.Format.RowBytes);
                    blockAges.CopyTo(capturedAges, start);
                }

                Assert.Equal(rows, captured);
                Assert.Equal(ages, capturedAges);
                table.CheckInvariants();
                if (round == 3) table.Prune(new PruneRequest(All: true));
            }

            Assert.True(keys.Length > 0 || round > 3);
            if (round == 3) Assert.Equal(table.Statistics.Bytes, budget.Taken);
            else Assert.True(budget.Taken >= Math.Min(before, table.Statistics.Bytes));
            for (int i = 0; i < 3; i++) Change(table, random);
        }
    }

    [Fact]
    public void Capture_WhileOneIsOpen_IsRefused()
    {
        using EmbeddingTable table = NewTable(1, new MemoryBudget(long.MaxValue));
        using TableCapture first = new(table);
        Assert.Contains("is being captured already", Assert.Throws<InvalidOperationException>(() => new TableCapture(table)).Message);
    }

    [Fact]
    public void Capture_RowsPutAside_CountAgainstTheBudget()
    {
        MemoryBudget budget = new(long.MaxValue);
        using EmbeddingTable table = NewTable(1, budget);
        Push(table, [1, 2, 3], 1);
        Push(table, [2], 1);
        long before = budget.Taken;
        using (new TableCapture(table))
        {
            Push(table, [2], 2);
            Assert.True(budget.Taken > before);
        }

        Assert.Equal(before, budget.Taken);
    }

    static EmbeddingTable NewTable(int parts, MemoryBudget budget) => new(
        new SparseTableSpec { Name = "t", Dimension = 3, Updater = new PlainMomentum(0.5f), Initializer = new PlainUniform() }, 9, parts, budget);

    static void Change(EmbeddingTable table, Random random)
    {
        ulong[] keys = [.. Enumerable.Range(0, 60).Select(_ => CounterRandom.Mix((ulong)random.Next(1, 300))).Distinct()];
        switch (random.Next(6))
        {
            case 0:
                table.Prune(new PruneRequest(MaxAge: 2));
                break;
            case 1:
                using (Blocks blocks = new())
                    table.Write(blocks.Of(keys), blocks.Of(Values(random, keys.Length)));
                break;
            default:
                Push(table, keys, (float)random.NextDouble());
                break;
        }
    }

    static void Push(EmbeddingTable table, ulong[] keys, float gradient)
    {
        using Blocks blocks = new();
        float[] gradients = new float[keys.Length * 3];
        Array.Fill(gradients, gradient);
        table.Push(blocks.Of(keys), blocks.Of(gradients), new UpdateStep(1));
    }

    static float[] Values(Random random, int rows) => [.. Enumerable.Range(0, rows * 3).Select(_ => (float)random.NextDouble())];

    static (byte[] Rows, int[] Ages) Read(ulong[] keys, RowFormat format, Action<NativeBlock, NativeBlock, NativeBlock> read)
    {
        using Blocks blocks = new();
        NativeBlock rows = blocks.Zeros<byte>(keys.Length * format.RowBytes), ages = blocks.Zeros<int>(keys.Length);
        read(blocks.Of(keys), rows, ages);
        return (rows.AsSpan<byte>().ToArray(), ages.AsSpan<int>().ToArray());
    }
}
