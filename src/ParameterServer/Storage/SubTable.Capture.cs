using System.Runtime.CompilerServices;
using MetaSpore.Spark.ParameterServer.Checkpoints;

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

    /// <summary>Copies rows with their ages as they were at the capture; once for each row.</summary>
    /// <param name="captured">The rows; the batch names some of them by their place.</param>
    /// <param name="batch">Places; its keys are not used.</param>
    /// <param name="target">Row p goes to target + p·RowBytes of <paramref name="file"/>.</param>
    /// <param name="file">How a row lies in the target.</param>
    /// <exception cref="ShardCapacityException">The budget did not allow to keep what changed since the capture.</exception>
    public void ReadCaptured(CapturedRow* captured, in KeyBatch batch, byte* target, in TableRowFormat file)
    {
        _capture!.RequireWhole();
        int bytes = format.RowBytes, stride = file.RowBytes, age = file.AgeOffset;
        for (int start = -Block; start < batch.Count; start += Block)
        {
            PrefetchCaptured(captured, batch, start + Block, bytes);
            if (start < 0) continue;
            int end = Math.Min(start + Block, batch.Count);
            for (int i = start; i < end; i++)
            {
                long at = batch.Position(i);
                uint row = captured[at].Row;
                byte* to = target + (at * stride);
                _capture.Read(row, _rows.Row(row), to);
                Unsafe.InitBlockUnaligned(to + bytes, 0, (uint)(stride - bytes));
                Unsafe.WriteUnaligned(to + age, captured[at].Age);
            }
        }
    }

    void PrefetchCaptured(CapturedRow* captured, in KeyBatch batch, int start, int bytes)
    {
        int end = Math.Min(start + Block, batch.Count);
        for (int i = start; i < end; i++)
        {
            byte* row = _rows.Row(captured[batch.Position(i)].Row);
            for (int line = 0; line < bytes; line += 64) Prefetch(row + line);
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
            if (numbers[i] != NoRow) Prefetch(_capture!.PlaceOf(numbers[i]));
        for (int i = 0; i < count; i++)
            if (numbers[i] != NoRow) _capture!.Keep(numbers[i], _rows.Row(numbers[i]));
    }
}
