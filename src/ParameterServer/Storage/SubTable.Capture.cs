using System.Runtime.CompilerServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// Copy on write: while a capture is open, whoever is about to change or drop a row that the capture has not read yet first
/// puts the row's bytes aside. The caller holds <see cref="Gate"/>.
/// </summary>
sealed unsafe partial class SubTable
{
    RowCapture? _capture;

    /// <summary>Opens a capture of the rows as they are now.</summary>
    /// <param name="keys">Receives <see cref="Count"/> keys, in no order.</param>
    /// <exception cref="InvalidOperationException">One is open already.</exception>
    public void BeginCapture(Span<ulong> keys)
    {
        if (_capture is not null) throw new InvalidOperationException($"table '{format.Spec.Name}' is being captured already");
        RowCapture capture = new(_rows.Bytes / format.Stride, format, budget, _clock);
        long slot = 0;
        int count = 0;
        for (uint* entry = _index.NextUsed(ref slot, out ulong key); entry != null; entry = _index.NextUsed(ref slot, out key))
        {
            keys[count++] = key;
            capture.Add(*entry);
        }

        _capture = capture;
    }

    /// <summary>Ends the capture and frees what was put aside.</summary>
    public void EndCapture()
    {
        _capture?.Dispose();
        _capture = null;
    }

    /// <summary>Copies whole rows and ages as they were when the capture began; each row once.</summary>
    /// <param name="batch">Keys of the capture.</param>
    /// <param name="rows">Row p goes to rows + p·RowBytes: weights, then state.</param>
    /// <param name="ages">Age p.</param>
    public void ReadCaptured(in KeyBatch batch, byte* rows, int* ages)
    {
        RowCapture capture = _capture ?? throw new InvalidOperationException($"table '{format.Spec.Name}' is not being captured");
        for (int i = 0; i < batch.Count; i++)
        {
            long at = batch.Position(i);
            ulong key = batch.Keys[i];
            byte* to = rows + (at * format.RowBytes);
            if (capture.TryRead(key, to, out ages[at])) continue;
            uint* found = _index.Find(key, CounterRandom.Mix(key));
            if (found == null || !capture.Take(*found))
                throw new InvalidOperationException($"table '{format.Spec.Name}' lost key {key} while it was captured");
            ages[at] = (int)(capture.Clock - found[TableIndex.SlotsPerBucket]);
            Unsafe.CopyBlockUnaligned(to, _rows.Row(*found), (uint)format.RowBytes);
        }
    }

    // Puts a row aside before it changes, when an open capture still needs it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Preserve(ulong key, uint* entry)
    {
        if (_capture is { } capture && capture.Take(*entry))
            capture.PutAside(key, _rows.Row(*entry), (int)(capture.Clock - entry[TableIndex.SlotsPerBucket]));
    }
}
