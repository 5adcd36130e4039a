using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// Remembering what changes between snapshots: from the newest mark on, and from the one before up to it, because a delta
/// relates to the mark before as long as the snapshot of the newest one is not published. Nothing is remembered before the
/// first mark.
/// </summary>
sealed unsafe partial class SubTable
{
    RowChanges? _earlier;
    RowChanges? _changes;

    /// <summary>The most rows that <see cref="CaptureChanges"/> may find; −1 when what changed since then is not known.</summary>
    public int CountChanges(Guid since)
    {
        if (_changes is null || since == default) return -1;
        if (budget.IsExceeded)
        {
            _earlier?.Forget();
            _changes.Forget();
        }

        bool isEarlier = _changes.Mark != since;
        if (!_changes.IsKnown || (isEarlier && (_earlier is not { IsKnown: true } || _earlier.Mark != since))) return -1;
        return _changes.Changed.Length + (isEarlier ? _earlier!.Changed.Length : 0);
    }

    /// <summary>Captures the rows that came or changed since a mark as they are now, until <see cref="EndCapture"/>.</summary>
    /// <param name="since">A mark that <see cref="CountChanges"/> knows.</param>
    /// <param name="rows">Shape (<see cref="CountChanges"/>), its beginning written: the rows in no order.</param>
    /// <param name="removed">Gets the keys that were removed since then and are absent, in no order, some of them several times.</param>
    /// <returns>Rows captured.</returns>
    /// <exception cref="InvalidOperationException">There is a capture already.</exception>
    /// <exception cref="ShardCapacityException">The budget does not allow it; nothing is captured.</exception>
    public int CaptureChanges(Guid since, Span<CapturedRow> rows, List<ulong> removed)
    {
        PartCapture capture = NewCapture(rows.Length);
        int count = 0;
        ReadOnlySpan<RowChanges> periods = _changes!.Mark == since ? [_changes] : [_earlier!, _changes];
        foreach (RowChanges period in periods)
        {
            count += CaptureKeys(capture, period.Changed, rows[count..]);
            foreach (ulong key in period.Removed)
                if (_index.Find(key, CounterRandom.Mix(key)) == null) removed.Add(key);
        }

        _capture = capture;
        return count;
    }

    /// <summary>Begins to remember what changes from now on, at the moment of a capture.</summary>
    /// <param name="mark">Names this moment.</param>
    /// <param name="since">The mark that the capture relates to: what is between the two may be asked for once more.</param>
    public void SetMark(Guid mark, Guid since)
    {
        if (_changes is { } ended)
        {
            if (_earlier?.Mark == since)
            {
                _earlier.Append(ended, Count);
            }
            else
            {
                _earlier?.Dispose();
                ended.Close();
                _earlier = ended;
            }
        }

        _changes = new RowChanges(mark, budget, format.Spec.Name);
    }

    int CaptureKeys(PartCapture capture, ReadOnlySpan<ulong> keys, Span<CapturedRow> rows)
    {
        const int Ahead = 16;
        int count = 0;
        for (int i = -Ahead; i < keys.Length; i++)
        {
            if (i + Ahead < keys.Length) Prefetch(_index.Home(CounterRandom.Mix(keys[i + Ahead])));
            if (i < 0) continue;
            uint* entry = _index.Find(keys[i], CounterRandom.Mix(keys[i]));
            if (entry == null || !capture.TryAdd(*entry)) continue;
            rows[count++] = Captured(keys[i], entry);
        }

        return count;
    }
}
