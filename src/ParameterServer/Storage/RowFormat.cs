using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// How a row of a table lies in memory: D weights, then k blocks of D states, then padding up to a multiple of 16 bytes.
/// </summary>
sealed class RowFormat
{
    readonly ulong _seed;

    /// <summary>Derives the format of a table.</summary>
    public RowFormat(SparseTableSpec spec, ulong seed)
    {
        Spec = spec;
        ElementBytes = spec.ElementType.ByteSize();
        WeightBytes = checked(spec.Dimension * ElementBytes);
        StateCount = checked(spec.Dimension * spec.Updater.StatesPerParameter);
        StateBytes = checked(StateCount * ElementBytes);
        Stride = checked(WeightBytes + StateBytes + 15) & ~15;
        _seed = seed;
        foreach (char c in spec.Name) _seed = CounterRandom.Combine(_seed, c);
    }

    /// <summary>The table.</summary>
    public SparseTableSpec Spec { get; }

    /// <summary>Bytes of an element, 4 or 8.</summary>
    public int ElementBytes { get; }

    /// <summary>Bytes of a row's weights.</summary>
    public int WeightBytes { get; }

    /// <summary>Elements of a row's state (k·D).</summary>
    public int StateCount { get; }

    /// <summary>Bytes of a row's state.</summary>
    public int StateBytes { get; }

    /// <summary>Bytes of weights and state without padding.</summary>
    public int RowBytes => WeightBytes + StateBytes;

    /// <summary>Bytes from row to row.</summary>
    public int Stride { get; }

    /// <summary>Writes the first weights of a key, a pure function of seed, table and key, and a zero state.</summary>
    public unsafe void Initialize(ulong key, byte* row)
    {
        ulong seed = CounterRandom.Combine(_seed, key);
        if (ElementBytes == sizeof(float)) Spec.Initializer.Fill(Spec.Name, seed, new Span<float>(row, Spec.Dimension));
        else Spec.Initializer.Fill(Spec.Name, seed, new Span<double>(row, Spec.Dimension));
        new Span<byte>(row + WeightBytes, Stride - WeightBytes).Clear();
    }

    /// <summary>Whether every weight is at most <paramref name="epsilon"/> in magnitude; NaN is not.</summary>
    public unsafe bool IsSmall(byte* row, double epsilon)
    {
        for (int i = 0; i < Spec.Dimension; i++)
        {
            double weight = ElementBytes == sizeof(float) ? ((float*)row)[i] : ((double*)row)[i];
            if (!(Math.Abs(weight) <= epsilon)) return false;
        }

        return true;
    }
}
