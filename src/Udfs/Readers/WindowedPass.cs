using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// A pass that holds a window of rows in memory and delivers them in a permuted order, window after window. A batch may take
/// rows of two windows. Rows that are kept from an earlier pass are not read again. Not thread-safe.
/// </summary>
sealed class WindowedPass(ReadPlan plan, ColumnLayout layout, Func<long, bool> isWanted)
{
    const int RowsAtOnce = 512;

    /// <summary>Rows in a random order are fetched from memory that many rows before they are copied.</summary>
    const int RowsAhead = 4;

    readonly BatchAssembler _batch = new(layout);
    int[] _order = [];
    long _firstRow;
    bool _isWanted;
    long _last;

    /// <summary>Delivers rows that are in memory as a whole.</summary>
    public IEnumerable<(long Number, RecordBatch Batch)> OverAll(PackedRows rows, CancellationToken cancellationToken) =>
        Permuted(rows, 0, cancellationToken).Concat(Rest());

    /// <summary>Delivers the rows of a stream.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="window">Holds the rows of each window in turn; the caller's.</param>
    /// <param name="onAllHeld">Called when the first window holds all rows; the pass does not change it any more.</param>
    /// <param name="cancellationToken">Ends the pass.</param>
    public IEnumerable<(long Number, RecordBatch Batch)> Over(RowStream rows, PackedRows window, Action onAllHeld, CancellationToken cancellationToken)
    {
        var reading = new BatchAssembler(layout);
        for (long number = 0; ; number++)
        {
            bool isEnd;
            if (IsWindowWanted())
            {
                isEnd = Load(rows, window, reading, cancellationToken);
                if (isEnd && number == 0) onAllHeld();
                foreach ((long Number, RecordBatch Batch) batch in Permuted(window, number, cancellationToken)) yield return batch;
                if (isEnd) break;
                window.Clear();
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
                _batch.Clear();
                _isWanted = false;
                if (rows.Skip(plan.ShuffleWindow) < plan.ShuffleWindow) break;
            }

            _firstRow += plan.ShuffleWindow;
        }

        foreach ((long Number, RecordBatch Batch) batch in Rest()) yield return batch;
    }

    bool Load(RowStream rows, PackedRows window, BatchAssembler reading, CancellationToken cancellationToken)
    {
        while (window.Count < plan.ShuffleWindow)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int asked = Math.Min(RowsAtOnce, plan.ShuffleWindow - window.Count);
            int got = rows.Fill(reading, asked);
            window.Add(reading);
            if (got < asked) return true;
        }

        return rows.IsAtEnd;
    }

    IEnumerable<(long Number, RecordBatch Batch)> Permuted(PackedRows rows, long window, CancellationToken cancellationToken)
    {
        if (_order.Length < rows.Count) _order = new int[rows.Count];
        if (plan.Shuffle) RowPermutation.Fill(_order.AsSpan(0, rows.Count), plan.Seed, plan.Epoch, window);
        for (int i = 0; i < rows.Count; i++)
        {
            long number = (_firstRow + i) / plan.BatchSize;
            if ((_firstRow + i) % plan.BatchSize == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _isWanted = isWanted(number);
            }

            if (!_isWanted) continue;
            if (plan.Shuffle && i + RowsAhead < rows.Count) rows.Prefetch(_order[i + RowsAhead]);
            rows.CopyTo(plan.Shuffle ? _order[i] : i, _batch);
            if (_batch.RowCount == plan.BatchSize) yield return (number, _batch.Build());
        }

        _last = (_firstRow + rows.Count - 1) / plan.BatchSize;
    }

    IEnumerable<(long Number, RecordBatch Batch)> Rest()
    {
        if (_batch.RowCount > 0) yield return (_last, _batch.Build());
    }

    bool IsWindowWanted()
    {
        for (long number = _firstRow / plan.BatchSize; number <= (_firstRow + plan.ShuffleWindow - 1) / plan.BatchSize; number++)
        {
            if (isWanted(number)) return true;
        }

        return false;
    }
}
