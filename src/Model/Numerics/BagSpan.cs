namespace MetaSpore.Spark.Model.Numerics;

/// <summary>The bags that pooling works on; borrowed memory.</summary>
readonly ref struct BagSpan
{
    /// <summary>Makes a bag of every <paramref name="stride"/> slots.</summary>
    /// <param name="indices">Shape (N): rows of the bags' values.</param>
    /// <param name="offsets">Shape (slots + 1), not descending, the last one N.</param>
    /// <param name="stride">Slots a bag, at least 1; divides the number of slots.</param>
    public BagSpan(ReadOnlySpan<int> indices, ReadOnlySpan<int> offsets, int stride)
    {
        Indices = indices;
        Offsets = offsets;
        Stride = stride;
        Count = (offsets.Length - 1) / stride;
    }

    /// <summary>Shape (N).</summary>
    public ReadOnlySpan<int> Indices { get; }

    /// <summary>Shape (slots + 1).</summary>
    public ReadOnlySpan<int> Offsets { get; }

    /// <summary>Slots a bag.</summary>
    public int Stride { get; }

    /// <summary>Number of bags.</summary>
    public int Count { get; }
}
