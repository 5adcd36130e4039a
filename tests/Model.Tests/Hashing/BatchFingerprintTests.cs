using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Hashing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Hashing;

public sealed class BatchFingerprintTests
{
    static SparseBatch Batch(int rows, int[] offsets, params ulong[] keys)
    {
        var batch = new SparseBatch();
        offsets.CopyTo(batch.BeginOffsets(rows, (offsets.Length - 1) / rows));
        batch.SetKeys(keys, new KeyUniquifier());
        return batch;
    }

    [Fact]
    public void Compute_EqualBatches_EqualWhateverCameBefore()
    {
        var fingerprint = new BatchFingerprint();
        ulong first = fingerprint.Compute([Batch(2, [0, 1, 2], 5, 6)], [1, 0]);
        fingerprint.Compute([Batch(2, [0, 1, 2], 9, 9)], [0, 0]);

        Assert.Equal(first, fingerprint.Compute([Batch(2, [0, 1, 2], 5, 6)], [1, 0]));
        Assert.Equal(first, new BatchFingerprint().Compute([Batch(2, [0, 1, 2], 5, 6)], [1, 0]));
    }

    [Fact]
    public void Compute_AnyDifference_Differs()
    {
        var fingerprint = new BatchFingerprint();
        ulong[] all =
        [
            fingerprint.Compute([Batch(2, [0, 1, 2], 5, 6)], [1, 0]),
            fingerprint.Compute([Batch(2, [0, 1, 2], 6, 5)], [1, 0]),
            fingerprint.Compute([Batch(2, [0, 1, 2], 5, 5)], [1, 0]),
            fingerprint.Compute([Batch(2, [0, 1, 2], 5, 6)], [0, 1]),
            fingerprint.Compute([Batch(2, [0, 1, 2], 5, 6)], []),
            fingerprint.Compute([Batch(2, [0, 2, 3], 5, 6, 6)], [1, 0]),
            fingerprint.Compute([Batch(2, [0, 1, 3], 5, 6, 6)], [1, 0]),
            fingerprint.Compute([Batch(1, [0, 1, 2], 5, 6)], [1, 0]),
        ];

        Assert.Equal(all.Length, all.Distinct().Count());
    }
}
