using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// One lock's worth of a table: an index and its rows. The batched operations work in blocks: they mix and prefetch the
/// buckets of the next block, then find the rows of this one and prefetch them, then touch the rows, so that the cache
/// misses of a block overlap. The caller holds <see cref="Gate"/>.
/// </summary>
sealed unsafe partial class SubTable(RowFormat format, MemoryBudget budget) : IDisposable
{
    const int Block = 32;
    const long AccountingStep = 256 << 10;

    readonly TableIndex _index = new();
    readonly RowSlab _rows = new(format.Stride);

    // The age of a row is _clock minus its stamp: an ageing call adds one to the clock and touches no row.
    uint _clock;
    long _accounted;

    /// <summary>The lock of this part.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Number of rows.</summary>
    public int Count => _index.Count;

    /// <summary>Bytes of native memory in use.</summary>
    public long Bytes => _index.Bytes + _rows.Bytes;

    /// <summary>Copies the weights of keys, creating absent rows.</summary>
    /// <param name="batch">The keys.</param>
    /// <param name="destination">Row p goes to destination + p·WeightBytes, p the key's position.</param>
    public void Pull(in KeyBatch batch, byte* destination)
    {
        byte** rows = stackalloc byte*[Block];
        ulong* hashes = stackalloc ulong[2 * Block];
        Prepare(batch, 0, hashes);
        for (int start = 0; start < batch.Count; start += Block)
        {
            int count = Math.Min(Block, batch.Count - start);
            FindOrCreate(batch.Keys + start, Current(hashes, start), count, rows, touch: false);
            Prepare(batch, start + Block, hashes);
            CopyOut(batch, start, count, rows, destination, 0);
        }
    }

    /// <summary>Copies the weights of keys that are present; absent ones read as <paramref name="filler"/> bytes.</summary>
    /// <param name="batch">The keys.</param>
    /// <param name="destination">Row p goes to destination + p·WeightBytes, p the key's position.</param>
    /// <param name="filler">0 for zeros, 0xFF for NaN.</param>
    public void Read(in KeyBatch batch, byte* destination, byte filler)
    {
        byte** rows = stackalloc byte*[Block];
        ulong* hashes = stackalloc ulong[2 * Block];
        Prepare(batch, 0, hashes);
        for (int start = 0; start < batch.Count; start += Block)
        {
            int count = Math.Min(Block, batch.Count - start);
            Find(batch.Keys + start, Current(hashes, start), count, rows);
            Prepare(batch, start + Block, hashes);
            CopyOut(batch, start, count, rows, destination, filler);
        }
    }

    /// <summary>Updates the rows of keys by gradients, creating absent rows, and makes their age 0.</summary>
    /// <param name="batch">The keys; key 0 is skipped.</param>
    /// <param name="gradients">Row p at gradients + p·WeightBytes, p the key's position.</param>
    /// <param name="step">The step of the updater.</param>
    public void Push(in KeyBatch batch, byte* gradients, in UpdateStep step)
    {
        byte** rows = stackalloc byte*[Block];
        nint* gradientRows = stackalloc nint[Block];
        ulong* hashes = stackalloc ulong[2 * Block];
        Prepare(batch, 0, hashes);
        for (int start = 0; start < batch.Count; start += Block)
        {
            int count = Math.Min(Block, batch.Count - start);
            FindOrCreate(batch.Keys + start, Current(hashes, start), count, rows, touch: true);
            Prepare(batch, start + Block, hashes);
            int present = 0;
            for (int i = 0; i < count; i++)
            {
                if (rows[i] == null) continue;
                gradientRows[present] = (nint)(gradients + (batch.Position(start + i) * format.WeightBytes));
                rows[present++] = rows[i];
            }

            format.Update(new(rows, present), new(gradientRows, present), step);
        }
    }

    /// <summary>Overwrites the weights of keys, creating absent rows, and makes their age 0; states stay.</summary>
    /// <param name="batch">The keys; key 0 is skipped.</param>
    /// <param name="values">Row p at values + p·WeightBytes, p the key's position.</param>
    public void Write(in KeyBatch batch, byte* values)
    {
        byte** rows = stackalloc byte*[Block];
        ulong* hashes = stackalloc ulong[2 * Block];
        Prepare(batch, 0, hashes);
        for (int start = 0; start < batch.Count; start += Block)
        {
            int count = Math.Min(Block, batch.Count - start);
            FindOrCreate(batch.Keys + start, Current(hashes, start), count, rows, touch: true);
            Prepare(batch, start + Block, hashes);
            for (int i = 0; i < count; i++)
            {
                if (rows[i] == null) continue;
                byte* value = values + (batch.Position(start + i) * format.WeightBytes);
                Unsafe.CopyBlockUnaligned(rows[i], value, (uint)format.WeightBytes);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        budget.Take(-_accounted, format.Spec.Name, Count);
        _accounted = 0;
        _index.Dispose();
        _rows.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong* Current(ulong* hashes, int start) => hashes + ((start / Block & 1) * Block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Prefetch(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    void Prepare(in KeyBatch batch, int start, ulong* hashes)
    {
        int count = Math.Min(Block, batch.Count - start);
        ulong* current = Current(hashes, start);
        ulong* keys = batch.Keys + start;
        for (int i = 0; i < count; i++)
        {
            ulong hash = CounterRandom.Mix(keys[i]);
            current[i] = hash;
            Prefetch(_index.Home(hash));
        }
    }

    void Find(ulong* keys, ulong* hashes, int count, byte** rows)
    {
        for (int i = 0; i < count; i++)
        {
            uint* found = keys[i] == 0 ? null : _index.Find(keys[i], hashes[i]);
            rows[i] = found == null ? null : PrefetchRow(_rows.Row(*found), format.WeightBytes);
        }
    }

    void FindOrCreate(ulong* keys, ulong* hashes, int count, byte** rows, bool touch)
    {
        Reserve(count);
        int bytes = touch ? format.RowBytes : format.WeightBytes;
        for (int i = 0; i < count; i++)
        {
            rows[i] = null;
            if (keys[i] == 0) continue;
            uint* found = _index.Find(keys[i], hashes[i]);
            if (found == null)
            {
                rows[i] = Create(keys[i], hashes[i]);
                continue;
            }

            rows[i] = PrefetchRow(_rows.Row(*found), bytes);
            if (touch && found[TableIndex.SlotsPerBucket] != _clock) found[TableIndex.SlotsPerBucket] = _clock;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte* PrefetchRow(byte* row, int bytes)
    {
        byte* line = row;
        do
        {
            Prefetch(line);
            line += 64;
        }
        while (line < row + bytes);
        return row;
    }

    byte* Create(ulong key, ulong hash)
    {
        uint number = _rows.Add();
        byte* row = _rows.Row(number);
        format.Initialize(key, row);
        uint* entry = _index.Add(key, hash);
        entry[0] = number;
        entry[TableIndex.SlotsPerBucket] = _clock;
        return row;
    }

    // Makes room for `count` more rows and accounts for it before anything changes.
    void Reserve(int count)
    {
        long keys = (long)Count + count;
        long indexBytes = keys <= _index.Limit ? _index.Bytes : TableIndex.BytesFor(keys);
        long needed = indexBytes + _rows.Bytes + ((long)count * format.Stride);
        if (needed > _accounted)
        {
            long step = needed - _accounted + (needed > AccountingStep ? AccountingStep : 0);
            budget.Take(step, format.Spec.Name, Count);
            _accounted += step;
        }

        if (keys > RowSlab.MaxRows)
        {
            throw new ShardCapacityException(
                $"table '{format.Spec.Name}' has reached {RowSlab.MaxRows:N0} rows in one part of a shard; use more shards");
        }

        _index.Reserve(keys);
    }

    void CopyOut(in KeyBatch batch, int start, int count, byte** rows, byte* destination, byte filler)
    {
        int bytes = format.WeightBytes;
        for (int i = 0; i < count; i++)
        {
            byte* to = destination + (batch.Position(start + i) * bytes);
            if (rows[i] != null) Unsafe.CopyBlockUnaligned(to, rows[i], (uint)bytes);
            else Unsafe.InitBlockUnaligned(to, batch.Keys[start + i] == 0 ? (byte)0 : filler, (uint)bytes);
        }
    }

    /// <summary>Checks what must always hold; does nothing in Release builds.</summary>
    [Conditional("DEBUG")]
    public void CheckInvariants()
    {
        HashSet<uint> numbers = [];
        HashSet<ulong> keys = [];
        long slot = 0;
        for (uint* entry = _index.NextUsed(ref slot, out ulong key); entry != null; entry = _index.NextUsed(ref slot, out key))
        {
            Debug.Assert(keys.Add(key), "a key is stored twice");
            Debug.Assert(numbers.Add(*entry), "two keys share a row");
            Debug.Assert(_index.Find(key, CounterRandom.Mix(key)) == entry, "a stored key is not found");
        }

        Debug.Assert(numbers.Count == _index.Count, "the number of keys is wrong");
        Debug.Assert(_index.Count <= _index.Limit, "the index is too full");
        Debug.Assert(_accounted >= Bytes || Count == 0, "memory is in use that was not accounted for");
    }
}

/// <summary>Keys of one sub-table with their places in the request.</summary>
/// <param name="keys">Shape (Count).</param>
/// <param name="positions">Place of each key in the request; null when key i is at place i.</param>
/// <param name="count">Number of keys.</param>
readonly unsafe struct KeyBatch(ulong* keys, int* positions, int count)
{
    /// <summary>The keys.</summary>
    public ulong* Keys { get; } = keys;

    /// <summary>Number of keys.</summary>
    public int Count { get; } = count;

    /// <summary>Place of key <paramref name="index"/> in the request.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Position(int index) => positions == null ? index : positions[index];
}
