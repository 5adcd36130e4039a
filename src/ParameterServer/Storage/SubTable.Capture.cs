using System.Runtime.CompilerServices;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>Reading the rows of one moment while they change.</summary>
sealed unsafe partial class SubTable
{
    PartCapture? _capture;

    /// <summary>Captures every row as it is now, until <see cref="EndCapture"/>; one capture at a time.</summary>
    /// <param name="rows">Shape (<see cref="Count"/>), written: the rows in no order.</param>
    /// <exception cref="InvalidOperationException">There is a capture already.</exception>
    /// <exception cref="ShardCapacityException">The budget does not allow it; nothing is captured.</exception>
    public void Capture(Span<CapturedRow> rows)
    {
        PartCapture capture = NewCapture(Count);
        int count = 0;
        long slot = 0;
        for (uint* entry = _index.NextUsed(ref slot, out ulong key); entry != null; entry = _index.NextUsed(ref slot, out key))
        {
            rows[count++] = Captured(key, entry);
            capture.TryAdd(*entry);
        }

        _capture = capture;
    }

    /// <summary>Forgets what was captured.</summary>
    public void EndCapture()
    {
        _capture?.Dispose();
        _capture = null;
    }

    /// <summary>Copies rows as they were at the capture; once for each row.</summary>
    /// <param name="captured">The rows; the batch names some of them by their place.</param>
    /// <param name="batch">Places; its keys are not used.</param>
    /// <param name="target">Row p goes to target + p·stride: weights, then state.</param>
    /// <param name="stride">At least RowBytes.</param>
    /// <exception cref="ShardCapacityException">The budget did not allow to keep what changed since the capture.</exception>
    public void ReadCaptured(CapturedRow* captured, in KeyBatch batch, byte* target, int stride)
    {
        const int Ahead = 16;
        int bytes = format.RowBytes;
        _capture!.RequireWhole();
        for (int i = -Ahead; i < batch.Count; i++)
        {
            if (i + Ahead < batch.Count)
            {
                byte* next = _rows.Row(captured[batch.Position(i + Ahead)].Row);
                for (int line = 0; line < bytes; line += 64) Prefetch(next + line);
            }

            if (i < 0) continue;
            long at = batch.Position(i);
            uint row = captured[at].Row;
            _capture.Read(row, _rows.Row(row), target + (at * stride));
        }
    }

    PartCapture NewCapture(int rowCount) => _capture is null
        ? new PartCapture(format, budget, _rows.Limit, rowCount)
        : throw new InvalidOperationException($"table '{format.Spec.Name}' is being captured already");

    CapturedRow Captured(ulong key, uint* entry) => new(key, *entry, (int)(_clock - entry[TableIndex.SlotsPerBucket]));

    // Rows that are about to change; a number that no row has, where there is none.
    [MethodImpl(MethodImplOptions.NoInlining)]
    void Keep(uint* numbers, int count)
    {
        for (int i = 0; i < count; i++)
            if (numbers[i] != NoRow) _capture!.Keep(numbers[i], _rows.Row(numbers[i]));
    }
}
