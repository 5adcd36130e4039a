using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Numerics;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Tests.Embeddings;

/// <summary>Makes batches and rows for tests.</summary>
static class Batches
{
    /// <summary>A schema of F single columns.</summary>
    public static CombineSchema Schema(int featureCount) =>
        new([.. Enumerable.Range(0, featureCount).Select(f => new CombineFeature([$"c{f}"]))]);

    /// <summary>A batch with the given keys by slot.</summary>
    public static SparseBatch Of(int featureCount, params ulong[][] slots)
    {
        var batch = new SparseBatch();
        Span<int> offsets = batch.BeginOffsets(slots.Length / featureCount, featureCount);
        offsets[0] = 0;
        for (int i = 0; i < slots.Length; i++) offsets[i + 1] = offsets[i] + slots[i].Length;
        batch.SetKeys([.. slots.SelectMany(slot => slot)], new KeyUniquifier());
        return batch;
    }

    /// <summary>Random slots of one to <paramref name="maxLength"/> values; key 0 is padding and appears.</summary>
    public static ulong[][] RandomSlots(Random random, int count, int maxLength, int keyCount) =>
        [.. Enumerable.Range(0, count).Select(_ =>
            Enumerable.Range(0, 1 + random.Next(maxLength)).Select(_ => (ulong)random.Next(keyCount)).ToArray())];

    /// <summary>Random rows (U, D) with zeros for key 0.</summary>
    public static float[] RandomRows(Random random, SparseBatch batch, int dimension)
    {
        float[] rows = [.. Enumerable.Range(0, batch.UniqueCount * dimension).Select(_ => (float)((random.NextDouble() * 2) - 1))];
        int padding = batch.UniqueKeySpan.IndexOf(0UL);
        if (padding >= 0) rows.AsSpan(padding * dimension, dimension).Clear();
        return rows;
    }

    /// <summary>Loads managed rows into an operator.</summary>
    public static void Load<T>(EmbeddingOperator op, SparseBatch batch, T[] rows, bool training) where T : unmanaged
    {
        using var buffer = new NativeBuffer();
        NativeBlock block = buffer.Reserve<T>(rows.Length);
        rows.CopyTo(block.AsSpan<T>());
        op.Load(batch, block, training);
    }

    /// <summary>Collects an operator's gradients as a managed array.</summary>
    public static (T[] Gradients, bool HasGradient) Collect<T>(EmbeddingOperator op, SparseBatch batch) where T : unmanaged
    {
        using var buffer = new NativeBuffer();
        NativeBlock block = buffer.Reserve<T>((long)batch.UniqueCount * op.EmbeddingSize);
        block.AsSpan<byte>().Fill(0x5a);
        bool has = op.CollectGradients(block);
        return (block.AsSpan<T>().ToArray(), has);
    }

    /// <summary>A tensor's elements.</summary>
    public static float[] Values(Tensor tensor) => tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();
}
