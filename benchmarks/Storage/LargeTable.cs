using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.Benchmarks.Storage;

/// <summary>A filled table with batches of unique keys drawn from it, and the addresses that these keys lead to.</summary>
sealed unsafe class LargeTable : IDisposable
{
    /// <summary>Weights of a row.</summary>
    public const int Dimension = 16;

    readonly int _rowCount;
    readonly ulong[] _keys;

    public LargeTable(int rowCount, TensorUpdater updater, int parts = 1)
    {
        _rowCount = rowCount;
        SparseTableSpec spec = new()
        {
            Name = "table",
            Dimension = Dimension,
            Updater = updater,
            Initializer = new ZeroTensorInitializer(),
        };
        Table = new EmbeddingTable(spec, 1, parts, new MemoryBudget(long.MaxValue));
        _keys = new ulong[rowCount];
        for (int i = 0; i < rowCount; i++) _keys[i] = Key(i);
        const int Chunk = 1 << 16;
        float* rows = (float*)NativeMemory.AlignedAlloc(Chunk * Dimension * sizeof(float), 64);
        fixed (ulong* keys = _keys)
        {
            for (int start = 0; start < rowCount; start += Chunk)
            {
                int count = Math.Min(Chunk, rowCount - start);
                Table.Pull(
                    new NativeBlock((nint)(keys + start), (long)count * sizeof(ulong)),
                    new NativeBlock((nint)rows, (long)count * Dimension * sizeof(float)), readOnly: false, nanFill: false);
            }
        }

        NativeMemory.AlignedFree(rows);
    }

    public EmbeddingTable Table { get; }

    /// <summary>The only sub-table.</summary>
    public SubTable Part => Table.Parts[0];

    /// <summary>The key of row i.</summary>
    public static ulong Key(int i) => CounterRandom.Draw(99, (ulong)i) | 1;

    /// <summary>Batches of unique keys, uniform over the table; row i of the store is keys[rowNumbers[i]].</summary>
    public (ulong[] Keys, int[] Rows) Draw(int batches, int batchSize, int seed)
    {
        Random random = new(seed);
        ulong[] keys = new ulong[batches * batchSize];
        int[] rows = new int[batches * batchSize];
        HashSet<int> seen = [];
        for (int batch = 0; batch < batches; batch++)
        {
            seen.Clear();
            for (int i = batch * batchSize; i < (batch + 1) * batchSize; i++)
            {
                int row;
                do row = random.Next(_rowCount);
                while (!seen.Add(row));
                rows[i] = row;
                keys[i] = _keys[row];
            }
        }

        return (keys, rows);
    }

    public void Dispose() => Table.Dispose();
}
