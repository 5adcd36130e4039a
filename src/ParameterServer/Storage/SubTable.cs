using System.Diagnostics;
using System.Numerics;
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
    /// <summary>Keys of a block.</summary>
    public const int Block = 32;

    const long AccountingStep = 256 << 10;
    const uint NoRow = uint.MaxValue;

    readonly TableIndex _index = new();
    readonly RowSlab _rows = new(format.Stride);

    // The age of a row is _clock minus its stamp: an ageing call adds one to the clock and touches no row.
    uint _clock;
    long _accounted;

    /// <summary>The lock of this part.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Key → row number; for measurements.</summary>
    public TableIndex Index => _index;

    /// <summary>The rows; for measurements.</summary>
    public RowSlab Rows => _rows;

    /// <summary>Number of rows.</summary>
    public int Count => _index.Count;

    /// <summary>Bytes of native memory in use.</summary>
    public long Bytes => _index.Bytes + _rows.Bytes;

    /// <summary>Copies the weights of keys, creating absent rows.</summary>
    /// <param name="batch">The keys.</param>
    /// <param name="destination">Row p goes to destination + p·WeightBytes, p the key's position.</param>
    public void Pull(in KeyBatch batch, byte* destination) =>
        Run(batch, FindMode.Create, new CopyOut(batch, destination, format.WeightBytes, 0));

    /// <summary>Copies the weights of keys that are present; absent ones read as <paramref name="filler"/> bytes.</summary>
    /// <param name="batch">The keys.</param>
    /// <param name="destination">Row p goes to destination + p·WeightBytes, p the key's position.</param>
    /// <param name="filler">0 for zeros, 0xFF for NaN.</param>
    public void Read(in KeyBatch batch, byte* destination, byte filler) =>
        Run(batch, FindMode.Find, new CopyOut(batch, destination, format.WeightBytes, filler));

    /// <summary>Updates the rows of keys by gradients, creating absent rows, and makes their age 0.</summary>
    /// <param name="batch">The keys; key 0 is skipped.</param>
    /// <param name="gradients">Row p at gradients + p·WeightBytes, p the key's position.</param>
    /// <param name="step">The step of the updater.</param>
    public void Push(in KeyBatch batch, byte* gradients, in UpdateStep step)
    {
        if (format.ElementBytes == sizeof(float)) Push<float>(batch, gradients, step);
        else Push<double>(batch, gradients, step);
    }

    void Push<T>(in KeyBatch batch, byte* gradients, in UpdateStep step) where T : unmanaged, INumber<T> =>
        Run(batch, FindMode.Touch, new Update<T>(batch, gradients, format, format.Spec.Updater.At<T>(step)));

    /// <summary>Overwrites the weights of keys, creating absent rows, and makes their age 0; states stay.</summary>
    /// <param name="batch">The keys; key 0 is skipped.</param>
    /// <param name="values">Row p at values + p·WeightBytes, p the key's position.</param>
    public void Write(in KeyBatch batch, byte* values) =>
        Run(batch, FindMode.Touch, new CopyIn(batch, values, format.WeightBytes));

    /// <inheritdoc/>
    public void Dispose()
    {
        budget.Take(-_accounted, format.Spec.Name, Count);
        _accounted = 0;
        EndCapture();
        _earlier?.Dispose();
        _changes?.Dispose();
        _index.Dispose();
        _rows.Dispose();
    }

    // Block b's rows are touched while block b+1's rows and block b+2's buckets are on their way from memory. A prefetch
    // that misses the TLB stays in the processor's reorder buffer until its page is known, so that only prefetches that
    // stand close together overlap: they have loops of their own.
    [SkipLocalsInit]
    void Run<TAction>(in KeyBatch batch, FindMode mode, TAction action) where TAction : struct, IRowAction
    {
        byte** rows = stackalloc byte*[2 * Block];
        ulong* hashes = stackalloc ulong[2 * Block];
        uint* numbers = stackalloc uint[2 * Block];
        bool isCaptured = mode == FindMode.Touch && _capture is not null;
        int bytes = mode == FindMode.Touch ? format.RowBytes : format.WeightBytes;
        for (int start = -2 * Block, half = 0; start < batch.Count; start += Block, half = Block - half)
        {
            int other = Block - half;
            if (start >= -Block) Find(batch, start + Block, hashes + other, rows + other, isCaptured ? numbers + other : null, mode);
            Prepare(batch, start + (2 * Block), hashes + half);
            if (start >= -Block) PrefetchRows(batch, start + Block, rows + other, bytes);
            if (start < 0) continue;
            int count = Math.Min(Block, batch.Count - start);
            if (isCaptured) Keep(numbers + half, count);
            action.Apply(start, count, rows + half);
        }
    }

    void Prepare(in KeyBatch batch, int start, ulong* hashes)
    {
        int count = Math.Min(Block, batch.Count - start);
        ulong* keys = batch.Keys + start;
        for (int i = 0; i < count; i++) hashes[i] = CounterRandom.Mix(keys[i]);
        for (int i = 0; i < count; i++) Prefetch(_index.Home(hashes[i]));
    }

    static void PrefetchRows(in KeyBatch batch, int start, byte** rows, int bytes)
    {
        int count = Math.Min(Block, batch.Count - start);
        for (int i = 0; i < count; i++) Prefetch(rows[i]);
        if (bytes <= 64) return;
        for (int i = 0; i < count; i++)
        {
            byte* row = rows[i];
            for (int line = 64; line < bytes; line += 64) Prefetch(row + line);
        }
    }

    void Find(in KeyBatch batch, int start, ulong* hashes, byte** rows, uint* numbers, FindMode mode)
    {
        int count = Math.Min(Block, batch.Count - start);
        if (count <= 0) return;
        if (mode != FindMode.Find) Reserve(count);
        ulong* keys = batch.Keys + start;
        uint clock = _clock;
        RowChanges? changes = mode == FindMode.Touch && _changes is { IsKnown: true } ? _changes : null;
        for (int i = 0; i < count; i++)
        {
            uint* found = keys[i] == 0 ? null : _index.Find(keys[i], hashes[i]);
            if (numbers != null) numbers[i] = found == null ? NoRow : *found;
            if (found == null)
            {
                rows[i] = mode == FindMode.Find || keys[i] == 0 ? null : Create(keys[i], hashes[i]);
                continue;
            }

            rows[i] = _rows.Row(*found);
            if (mode == FindMode.Touch && found[TableIndex.SlotsPerBucket] != clock) found[TableIndex.SlotsPerBucket] = clock;
            changes?.Change(*found, keys[i], Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Prefetch(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    byte* Create(ulong key, ulong hash)
    {
        uint number = _rows.Add();
        byte* row = _rows.Row(number);
        format.Initialize(key, row);
        uint* entry = _index.Add(key, hash);
        entry[0] = number;
        entry[TableIndex.SlotsPerBucket] = _clock;
        _changes?.Change(number, key, Count);
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

/// <summary>What a batched operation does with absent and present keys.</summary>
enum FindMode
{
    /// <summary>Absent keys have no row.</summary>
    Find,

    /// <summary>Absent keys get a row.</summary>
    Create,

    /// <summary>Absent keys get a row, and the age of every row becomes 0.</summary>
    Touch,
}
