using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>
/// Key → row number and stamp, by open addressing over buckets of one cache line:
/// <code>
/// byte  0        8        16       24       32    36    40    44    48    52    56    60
///       key 0  | key 1  | key 2  | key 3  | row 0 ... row 3       | stamp 0 ... stamp 3     |
/// </code>
/// Key 0 marks an empty slot. A key lies in the first bucket with a free slot at insertion, from its home bucket on, and
/// the slots of a bucket fill from the left; nothing is deleted singly (a prune rebuilds), so the first bucket with an
/// empty slot ends a search. At most 9/16 of the slots are used. Not thread-safe.
/// </summary>
sealed unsafe class TableIndex : IDisposable
{
    /// <summary>Slots of a bucket.</summary>
    public const int SlotsPerBucket = 4;

    const int BucketBytes = 64;
    const uint MinBuckets = 16;

    byte* _buckets;
    ulong _mask;
    bool _disposed;

    /// <summary>Creates an empty index.</summary>
    public TableIndex() => Allocate(MinBuckets);

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>Number of buckets, a power of two.</summary>
    public ulong BucketCount => _mask + 1;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)BucketCount * BucketBytes;

    /// <summary>The most keys that the present buckets may hold.</summary>
    public long Limit => Capacity(BucketCount);

    /// <summary>Bytes of an index that may hold <paramref name="keys"/> keys.</summary>
    public static long BytesFor(long keys) => (long)BucketsFor(keys) * BucketBytes;

    /// <summary>The home bucket of a key whose mixed value is <paramref name="hash"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Home(ulong hash) => _buckets + ((hash & _mask) * BucketBytes);

    /// <summary>Finds a key.</summary>
    /// <param name="key">Not 0.</param>
    /// <param name="hash"><see cref="CounterRandom.Mix"/> of the key.</param>
    /// <returns>Address of the key's row number (its stamp lies 16 bytes further), or null when absent.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint* Find(ulong key, ulong hash)
    {
        Vector256<ulong> wanted = Vector256.Create(key);
        byte* bucket = Home(hash);
        while (true)
        {
            Vector256<ulong> keys = Vector256.Load((ulong*)bucket);
            uint hits = Vector256.Equals(keys, wanted).ExtractMostSignificantBits();
            if (hits != 0) return (uint*)(bucket + 32) + BitOperations.TrailingZeroCount(hits);
            if (((ulong*)bucket)[SlotsPerBucket - 1] == 0) return null;
            bucket = Next(bucket);
        }
    }

    /// <summary>Adds an absent key; the caller has called <see cref="Reserve"/>.</summary>
    /// <param name="key">Not 0, absent.</param>
    /// <param name="hash"><see cref="CounterRandom.Mix"/> of the key.</param>
    /// <returns>Address of the key's row number, to be written (its stamp lies 16 bytes further).</returns>
    public uint* Add(ulong key, ulong hash)
    {
        byte* bucket = Home(hash);
        while (true)
        {
            ulong* keys = (ulong*)bucket;
            for (int slot = 0; slot < SlotsPerBucket; slot++)
            {
                if (keys[slot] != 0) continue;
                keys[slot] = key;
                Count++;
                return (uint*)(bucket + 32) + slot;
            }

            bucket = Next(bucket);
        }
    }

    /// <summary>Makes room so that <paramref name="keys"/> keys fit; addresses of row numbers become invalid when it grows.</summary>
    /// <param name="keys">Number of keys in all.</param>
    public void Reserve(long keys)
    {
        if (keys <= Limit) return;
        Rebuild(BucketsFor(keys));
    }

    /// <summary>The key, row and stamp of every slot in use, in no order.</summary>
    /// <param name="slot">Slot number, from 0; advanced past the slot returned.</param>
    /// <param name="key">The key.</param>
    /// <returns>Address of the row number, or null at the end.</returns>
    public uint* NextUsed(ref long slot, out ulong key)
    {
        long end = (long)BucketCount * SlotsPerBucket;
        while (slot < end)
        {
            byte* bucket = _buckets + (slot / SlotsPerBucket * BucketBytes);
            int at = (int)(slot % SlotsPerBucket);
            slot++;
            key = ((ulong*)bucket)[at];
            if (key != 0) return (uint*)(bucket + 32) + at;
        }

        key = 0;
        return null;
    }

    /// <summary>Replaces the content by the given entries.</summary>
    public void Replace(ReadOnlySpan<IndexEntry> entries)
    {
        byte* old = _buckets;
        ulong oldCount = BucketCount;
        Allocate(BucketsFor(entries.Length));
        Count = 0;
        foreach (IndexEntry entry in entries) Insert(entry);
        NativePages.Free(old, (nuint)(oldCount * BucketBytes));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        NativePages.Free(_buckets, (nuint)Bytes);
        _buckets = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory of an index that was not disposed.</summary>
    ~TableIndex() => Dispose();

    static ulong BucketsFor(long keys)
    {
        ulong buckets = MinBuckets;
        while (Capacity(buckets) < keys) buckets *= 2;
        return buckets;
    }

    static long Capacity(ulong buckets) => (long)(buckets * SlotsPerBucket * 9 / 16);

    void Allocate(ulong buckets)
    {
        _buckets = NativePages.Allocate((nuint)(buckets * BucketBytes));
        _mask = buckets - 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    byte* Next(byte* bucket) => _buckets + (((ulong)(bucket - _buckets) + BucketBytes) & ((_mask * BucketBytes) | (BucketBytes - 1)));

    void Rebuild(ulong buckets)
    {
        byte* old = _buckets;
        ulong oldCount = BucketCount;
        Allocate(buckets);
        Count = 0;
        for (ulong i = 0; i < oldCount; i++)
        {
            byte* bucket = old + (i * BucketBytes);
            for (int slot = 0; slot < SlotsPerBucket; slot++)
            {
                ulong key = ((ulong*)bucket)[slot];
                if (key == 0) break;
                uint* row = (uint*)(bucket + 32) + slot;
                Insert(new IndexEntry(key, row[0], row[SlotsPerBucket]));
            }
        }

        NativePages.Free(old, (nuint)(oldCount * BucketBytes));
    }

    void Insert(IndexEntry entry)
    {
        uint* row = Add(entry.Key, CounterRandom.Mix(entry.Key));
        row[0] = entry.Row;
        row[SlotsPerBucket] = entry.Stamp;
    }
}

/// <summary>What the index holds for one key.</summary>
readonly record struct IndexEntry(ulong Key, uint Row, uint Stamp);
