using System.Collections.Concurrent;
using System.Numerics;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// One shard's part of an embedding table: sub-tables chosen by the top bits of the mixed key, one lock each, so that
/// the workers of one process run in parallel. Row contents don't depend on the number of sub-tables or the order of
/// calls' keys. Thread-safe. Pulls, pushes and writes are atomic as a whole: a pull sees all of a push or nothing.
/// </summary>
sealed unsafe class EmbeddingTable : IDisposable
{
    readonly SubTable[] _parts;
    readonly int _shift;
    readonly ConcurrentBag<KeyGroups> _groups = [];

    /// <summary>Creates an empty table.</summary>
    /// <param name="spec">The table.</param>
    /// <param name="seed">Seed of the initial rows.</param>
    /// <param name="partCount">Number of sub-tables, a power of two from 1 to 256; about four for each thread that calls.</param>
    /// <param name="budget">The memory of the shard.</param>
    public EmbeddingTable(SparseTableSpec spec, ulong seed, int partCount, MemoryBudget budget)
    {
        Format = new RowFormat(spec, seed);
        _shift = 64 - BitOperations.Log2((uint)partCount);
        _parts = new SubTable[partCount];
        for (int i = 0; i < partCount; i++) _parts[i] = new SubTable(Format, budget);
    }

    /// <summary>The layout of a row.</summary>
    public RowFormat Format { get; }

    /// <summary>The sub-tables; for measurements.</summary>
    public IReadOnlyList<SubTable> Parts => _parts;

    /// <summary>Rows and bytes.</summary>
    public TableStatistics Statistics => new(_parts.Sum(p => (long)p.Count), _parts.Sum(p => p.Bytes));

    /// <summary>Copies the weights of unique keys into <paramref name="rows"/>, (U, D).</summary>
    /// <param name="keys">Shape (U), unique; key 0 reads as zeros.</param>
    /// <param name="rows">Destination.</param>
    /// <param name="readOnly">Absent rows are not created.</param>
    /// <param name="nanFill">With <paramref name="readOnly"/>: absent rows read as NaN instead of zeros.</param>
    public void Pull(NativeBlock keys, NativeBlock rows, bool readOnly, bool nanFill)
    {
        byte* destination = (byte*)rows.Address;
        byte filler = nanFill ? (byte)0xFF : (byte)0;
        Pass(keys, (part, batch) =>
        {
            if (readOnly) part.Read(batch, destination, filler);
            else part.Pull(batch, destination);
        });
    }

    /// <summary>Updates the rows of unique keys by <paramref name="gradients"/>, (U, D); key 0 is skipped.</summary>
    public void Push(NativeBlock keys, NativeBlock gradients, UpdateStep step) =>
        Pass(keys, (part, batch) => part.Push(batch, (byte*)gradients.Address, step));

    /// <summary>Overwrites the weights of unique keys by <paramref name="values"/>, (U, D); states stay, ages become 0.</summary>
    public void Write(NativeBlock keys, NativeBlock values) =>
        Pass(keys, (part, batch) => part.Write(batch, (byte*)values.Address));

    /// <summary>Writes rows with their states and ages, as a checkpoint holds them.</summary>
    /// <param name="keys">Shape (U), any order; of equal keys the last wins; key 0 is skipped.</param>
    /// <param name="rows">Row-major: D weights then k·D states, or D weights alone with <paramref name="dataOnly"/>.</param>
    /// <param name="ages">Shape (U), int32, at least 0; empty for all 0.</param>
    /// <param name="dataOnly">States become 0.</param>
    /// <param name="skipExisting">Keep rows that are present.</param>
    /// <returns>Rows written.</returns>
    public long Insert(NativeBlock keys, NativeBlock rows, NativeBlock ages, bool dataOnly, bool skipExisting)
    {
        long written = 0;
        KeyGroups? groups = Group(keys);
        for (int i = 0; i < _parts.Length; i++)
        {
            KeyBatch batch = groups?.Batch(i) ?? Whole(keys);
            if (batch.Count == 0) continue;
            lock (_parts[i].Gate)
            {
                int stride = dataOnly ? Format.WeightBytes : Format.RowBytes;
                int* age = ages.IsEmpty ? null : (int*)ages.Address;
                written += _parts[i].WriteWhole(batch, (byte*)rows.Address, stride, age, skipExisting);
            }
        }

        Return(groups);
        return written;
    }

    /// <summary>Copies captured rows with their ages.</summary>
    /// <param name="captured">Shape (U).</param>
    /// <param name="keys">Shape (U), their keys.</param>
    /// <param name="target">Shape (U), RowBytes of <paramref name="file"/> each, written.</param>
    /// <param name="file">How a row lies in the target.</param>
    public void ReadCaptured(CapturedRow* captured, NativeBlock keys, byte* target, in TableRowFormat file)
    {
        KeyGroups? groups = Group(keys);
        for (int i = 0; i < _parts.Length; i++)
        {
            KeyBatch batch = groups?.Batch(i) ?? Whole(keys);
            if (batch.Count == 0) continue;
            lock (_parts[i].Gate) _parts[i].ReadCaptured(captured, batch, target, file);
        }

        Return(groups);
    }

    /// <summary>Drops rows as <paramref name="request"/> says: by age, then by magnitude, or all.</summary>
    /// <returns>Rows dropped.</returns>
    public long Prune(PruneRequest request)
    {
        long dropped = 0;
        foreach (SubTable part in _parts)
        {
            lock (part.Gate)
            {
                if (request.MaxAge is { } maxAge) dropped += part.PruneOld(maxAge);
                if (request.Epsilon is { } epsilon) dropped += part.PruneSmall(epsilon);
                if (request.All) dropped += part.Clear();
            }
        }

        return dropped;
    }

    /// <summary>Drops the rows of keys; absent ones are ignored. Costs a pass over the whole table.</summary>
    public void Remove(IReadOnlySet<ulong> keys)
    {
        foreach (SubTable part in _parts)
        {
            lock (part.Gate) part.Remove(keys);
        }
    }

    /// <summary>Checks what must always hold; does nothing in Release builds.</summary>
    [System.Diagnostics.Conditional("DEBUG")]
    public void CheckInvariants()
    {
        foreach (SubTable part in _parts)
        {
            lock (part.Gate) part.CheckInvariants();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SubTable part in _parts) part.Dispose();
        while (_groups.TryTake(out KeyGroups? groups)) groups.Dispose();
    }

    // Takes the next part's lock before it leaves one, also where it has no key: no call overtakes another, so that all of
    // them see the same order, and several threads still work on different parts.
    void Pass(NativeBlock keys, Action<SubTable, KeyBatch> work)
    {
        KeyGroups? groups = Group(keys);
        SubTable? held = null;
        try
        {
            for (int i = 0; i < _parts.Length; i++)
            {
                _parts[i].Gate.Enter();
                held?.Gate.Exit();
                held = _parts[i];
                KeyBatch batch = groups?.Batch(i) ?? Whole(keys);
                if (batch.Count > 0) work(held, batch);
            }
        }
        finally
        {
            held?.Gate.Exit();
            Return(groups);
        }
    }

    static KeyBatch Whole(NativeBlock keys) => new((ulong*)keys.Address, null, checked((int)(keys.ByteLength / sizeof(ulong))));

    // Null with one sub-table: the request is its batch, and nothing is copied.
    KeyGroups? Group(NativeBlock keys)
    {
        if (_parts.Length == 1) return null;
        if (!_groups.TryTake(out KeyGroups? groups)) groups = new KeyGroups();
        groups.Sort(Whole(keys), _parts.Length, _shift);
        return groups;
    }

    void Return(KeyGroups? groups)
    {
        if (groups is not null) _groups.Add(groups);
    }
}
