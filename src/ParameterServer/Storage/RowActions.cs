using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>What is done with the rows of a block of keys once they are in the cache.</summary>
unsafe interface IRowAction
{
    /// <summary>Acts on <paramref name="count"/> keys of the batch from <paramref name="start"/> on.</summary>
    /// <param name="start">Index of the first key.</param>
    /// <param name="count">Number of keys.</param>
    /// <param name="rows">Shape (count): the rows, null where a key has none; may be overwritten.</param>
    void Apply(int start, int count, byte** rows);
}

/// <summary>Copies weights to the request; keys without a row give filler bytes, key 0 zeros.</summary>
readonly unsafe struct CopyOut(KeyBatch batch, byte* destination, int bytes, byte filler) : IRowAction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(int start, int count, byte** rows)
    {
        for (int i = 0; i < count; i++)
        {
            byte* to = destination + (batch.Position(start + i) * bytes);
            byte* row = rows[i];
            if (row == null) Unsafe.InitBlockUnaligned(to, batch.Keys[start + i] == 0 ? (byte)0 : filler, (uint)bytes);
            else if (bytes == 64) Vector512.Load(row).Store(to);
            else if (bytes == sizeof(float)) *(float*)to = *(float*)row;
            else Unsafe.CopyBlockUnaligned(to, row, (uint)bytes);
        }
    }
}

/// <summary>Copies weights from the request.</summary>
readonly unsafe struct CopyIn(KeyBatch batch, byte* source, int bytes) : IRowAction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(int start, int count, byte** rows)
    {
        for (int i = 0; i < count; i++)
        {
            if (rows[i] != null) Unsafe.CopyBlockUnaligned(rows[i], source + (batch.Position(start + i) * bytes), (uint)bytes);
        }
    }
}

/// <summary>Updates rows by the gradients of the request.</summary>
readonly unsafe struct Update<T>(KeyBatch batch, byte* gradients, RowFormat format, StepUpdate<T> update) : IRowAction where T : unmanaged
{
    public void Apply(int start, int count, byte** rows)
    {
        nint* gradientRows = stackalloc nint[SubTable.Block];
        int present = 0;
        for (int i = 0; i < count; i++)
        {
            if (rows[i] == null) continue;
            gradientRows[present] = (nint)(gradients + (batch.Position(start + i) * format.WeightBytes));
            rows[present++] = rows[i];
        }

        int d = format.Spec.Dimension, k = format.Spec.Updater.StatesPerParameter;
        update.Apply(new RowBatch<T>(new(rows, present), new(gradientRows, present), d, k));
    }
}
