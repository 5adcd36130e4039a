using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>Pruning and loading.</summary>
sealed unsafe partial class SubTable
{
    /// <summary>Adds one to every age, then drops rows older than <paramref name="maxAge"/>.</summary>
    public long PruneOld(int maxAge)
    {
        _clock++;
        _changes?.Forget();
        return Drop((entry, _) => _clock - entry.Stamp > (uint)maxAge);
    }

    /// <summary>Drops rows whose weights are all at most <paramref name="epsilon"/> in magnitude; a NaN keeps its row.</summary>
    public long PruneSmall(double epsilon) => Drop((_, row) => format.IsSmall((byte*)row, epsilon));

    /// <summary>Drops the rows of keys; absent ones are ignored.</summary>
    public void Remove(IReadOnlySet<ulong> keys) => Drop((entry, _) => keys.Contains(entry.Key));

    /// <summary>Drops every row and frees the memory.</summary>
    public long Clear()
    {
        long count = Count, slot = 0;
        if (_capture is not null)
        {
            for (uint* entry = _index.NextUsed(ref slot, out _); entry != null; entry = _index.NextUsed(ref slot, out _))
                _capture.Keep(*entry, _rows.Row(*entry));
        }

        _changes?.Forget();
        _index.Replace([]);
        _rows.Clear();
        Settle();
        return count;
    }

    /// <summary>Writes whole rows.</summary>
    /// <param name="batch">The keys; key 0 is skipped.</param>
    /// <param name="rows">Row p at rows + p·stride.</param>
    /// <param name="stride">WeightBytes (states become 0) or RowBytes.</param>
    /// <param name="ages">Age p, at least 0; null for 0.</param>
    /// <param name="skipExisting">Keep rows that are present.</param>
    /// <returns>Rows written.</returns>
    public long WriteWhole(in KeyBatch batch, byte* rows, int stride, int* ages, bool skipExisting)
    {
        long written = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            ulong key = batch.Keys[i];
            if (key == 0) continue;
            ulong hash = CounterRandom.Mix(key);
            uint* found = _index.Find(key, hash);
            if (found != null && skipExisting) continue;
            if (found != null) _capture?.Keep(*found, _rows.Row(*found));
            else
            {
                Reserve(1);
                uint number = _rows.Add();
                found = _index.Add(key, hash);
                *found = number;
            }

            long at = batch.Position(i);
            byte* row = _rows.Row(*found);
            Unsafe.CopyBlockUnaligned(row, rows + (at * stride), (uint)stride);
            new Span<byte>(row + stride, format.Stride - stride).Clear();
            found[TableIndex.SlotsPerBucket] = _clock - (ages == null ? 0 : (uint)ages[at]);
            _changes?.Change(*found, key, Count);
            written++;
        }

        return written;
    }

    long Drop(Func<IndexEntry, nint, bool> isDropped)
    {
        List<IndexEntry> kept = new(Count);
        List<uint> dropped = [];
        long slot = 0;
        for (uint* entry = _index.NextUsed(ref slot, out ulong key); entry != null; entry = _index.NextUsed(ref slot, out key))
        {
            IndexEntry value = new(key, entry[0], entry[TableIndex.SlotsPerBucket]);
            if (!isDropped(value, (nint)_rows.Row(value.Row)))
            {
                kept.Add(value);
                continue;
            }

            _capture?.Keep(value.Row, _rows.Row(value.Row));
            _changes?.Remove(value.Row, value.Key, Count);
            dropped.Add(value.Row);
        }

        if (dropped.Count == 0) return 0;
        foreach (uint row in dropped) _rows.Remove(row);
        _index.Replace(CollectionsMarshal.AsSpan(kept));
        if (kept.Count == 0) _rows.Clear();
        Settle();
        return dropped.Count;
    }

    // Gives back what is accounted for and no longer in use.
    void Settle()
    {
        budget.Take(Bytes - _accounted, format.Spec.Name, Count);
        _accounted = Bytes;
    }
}
