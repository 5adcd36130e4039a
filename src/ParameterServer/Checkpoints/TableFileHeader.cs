using System.Buffers.Binary;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The first 96 bytes of a table file and the places of its sections: keys (uint64 each), rows, next (uint32 a key), first
/// (uint32 a bucket), in this order and without gaps. The format is version 4 of MetaSpore's memory-mapped hash map.
/// </summary>
/// <param name="KeyCount">Number of rows (n), below 2³²−1.</param>
/// <param name="BucketCount">Number of hash chains; 0 for an empty table.</param>
/// <param name="RowBytes">Bytes of a row.</param>
public sealed record TableFileHeader(long KeyCount, long BucketCount, int RowBytes)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 96;

    /// <summary>Marks the end of a hash chain.</summary>
    public const uint Nil = 0xFFFFFFFF;

    const ulong Version = 4;
    const ulong KeyTypeUInt64 = 7;
    const ulong ValueTypeUInt8 = 4;
    const ulong Float64Type = 9;
    const int SignatureBytes = 32;
    const string Damaged = "it is damaged; restore it from a copy";

    static ReadOnlySpan<byte> Signature => "\u0089MemoryMappedArrayHashMap"u8[1..];

    /// <summary>Offset of the rows.</summary>
    public long RowsOffset => Size + (KeyCount * sizeof(ulong));

    /// <summary>Offset of the chain links of the keys.</summary>
    public long NextOffset => RowsOffset + (KeyCount * RowBytes);

    /// <summary>Offset of the chain heads of the buckets.</summary>
    public long FirstOffset => NextOffset + (KeyCount * sizeof(uint));

    /// <summary>Bytes of the whole file.</summary>
    public long FileLength => FirstOffset + (BucketCount * sizeof(uint));

    /// <summary>Whether a file that begins with <paramref name="start"/> is not text: no line of text begins with the byte 0x89.</summary>
    public static bool IsBinary(ReadOnlySpan<byte> start) => start.Length > 0 && start[0] == 0x89;

    /// <summary>Buckets of a table that grew key by key: doubled from 1024 (up to 2³⁰); 0 without a key.</summary>
    public static long GrownBucketCount(long keyCount) =>
        keyCount == 0 ? 0 : Math.Max(1024, SmallestBucketCount(keyCount));

    /// <summary>
    /// Buckets of a pruned or exported table: the smallest power of two that is at least the number of keys and 2; 0
    /// without a key.
    /// </summary>
    public static long SmallestBucketCount(long keyCount)
    {
        if (keyCount == 0) return 0;
        long count = 2;
        while (count < keyCount && count < 1L << 30) count <<= 1;
        return count;
    }

    /// <summary>The chain of <paramref name="key"/> among <paramref name="bucketCount"/>, a power of two.</summary>
    public static long BucketOf(ulong key, long bucketCount) => (long)(FastModulo(key) & (ulong)(bucketCount - 1));

    /// <summary>Writes the header into the first 96 bytes of <paramref name="target"/>.</summary>
    public void Write(Span<byte> target)
    {
        target = target[..Size];
        target.Clear();
        Signature.CopyTo(target);
        ReadOnlySpan<ulong> fields =
            [Version, 0, KeyTypeUInt64, ValueTypeUInt8, (ulong)KeyCount, (ulong)BucketCount, (ulong)(KeyCount * RowBytes), (ulong)RowBytes];
        for (int i = 0; i < fields.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(target[(SignatureBytes + (i * 8))..], fields[i]);
    }

    /// <summary>Reads and checks a header.</summary>
    /// <param name="start">The first bytes of the file, 96 of them if it has as many.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <param name="path">Names the file in messages.</param>
    /// <exception cref="BadInputException">It is not a table file, is cut off or has another version or mode.</exception>
    public static TableFileHeader Parse(ReadOnlySpan<byte> start, long fileLength, string path)
    {
        if (start.Length < Size)
            throw Bad(path, $"expected a header of {Size} bytes", $"a file of {fileLength} bytes", "it is cut off; restore it from a copy");
        ReadOnlySpan<byte> signature = start[..SignatureBytes];
        if (!signature.StartsWith(Signature) || signature[Signature.Length..].ContainsAnyExcept((byte)0))
        {
            throw Bad(path, "expected the signature of a table file in the first 32 bytes", Convert.ToHexStringLower(signature),
                "it is damaged or no table; restore it from a copy");
        }

        ulong version = Field(start, 0), optimised = Field(start, 1), keyType = Field(start, 2), valueType = Field(start, 3);
        if (version != Version)
            throw Bad(path, $"expected version {Version} at byte 32", $"{version}", "it is damaged or was written by another release");
        if (optimised == 1)
        {
            throw Bad(path, "expected an ordinary table (0 at byte 40)", "an optimised one (1)",
                "optimised tables are made for serving only; load the checkpoint or the export that it was made from");
        }

        if (optimised != 0) throw Bad(path, "expected 0 or 1 at byte 40 (optimised)", $"{optimised}", Damaged);
        if (ItemBytes(keyType) != sizeof(ulong) || keyType == Float64Type)
            throw Bad(path, "expected 64-bit keys (type 7 at byte 48)", $"type {keyType}", "it is damaged or no embedding table");
        int itemBytes = ItemBytes(valueType);
        if (itemBytes == 0)
            throw Bad(path, "expected a value type from 0 to 9 at byte 56", $"{valueType}", Damaged);
        return Sizes(start, itemBytes, fileLength, path);
    }

    static TableFileHeader Sizes(ReadOnlySpan<byte> start, int itemBytes, long fileLength, string path)
    {
        ulong keys = Field(start, 4), buckets = Field(start, 5), values = Field(start, 6), perKey = Field(start, 7);
        if (keys >= Nil) throw Bad(path, $"expected fewer than {Nil} keys (byte 64)", $"{keys}", Damaged);
        if (buckets > Nil) throw Bad(path, $"expected at most {Nil} buckets (byte 72)", $"{buckets}", Damaged);
        if (perKey == 0 || perKey > (ulong)(int.MaxValue / 2 / itemBytes))
            throw Bad(path, "expected 1 or more values a row, at most 1 GiB (byte 88)", $"{perKey}", Damaged);
        if (values != keys * perKey)
        {
            throw Bad(path, $"expected {keys} keys × {perKey} = {keys * perKey} values (byte 80)", $"{values}",
                Damaged);
        }

        if (keys > 0 && buckets == 0)
            throw Bad(path, $"expected a bucket count above 0 for {keys} keys (byte 72)", "0", Damaged);
        TableFileHeader header = new((long)keys, (long)buckets, (int)perKey * itemBytes);
        if (header.FileLength != fileLength)
        {
            throw Bad(path, $"expected {header.FileLength} bytes ({keys} rows of {header.RowBytes} bytes, {buckets} buckets)",
                $"{fileLength}", fileLength < header.FileLength ? "it is cut off; restore it from a copy" : Damaged);
        }

        return header;
    }

    // The original's type numbers: Int8..Int64 are 0..3, UInt8..UInt64 are 4..7, Float32 is 8, Float64 is 9.
    static int ItemBytes(ulong type) => type switch
    {
        <= 7 => 1 << (int)(type & 3),
        8 => sizeof(float),
        Float64Type => sizeof(double),
        _ => 0,
    };

    // k mod (2³¹ − 1) with one folding only, so that the result can have 33 bits.
    static ulong FastModulo(ulong key)
    {
        const ulong Prime = (1UL << 31) - 1;
        ulong folded = (key & Prime) + (key >> 31);
        return folded >= Prime ? folded - Prime : folded;
    }

    static ulong Field(ReadOnlySpan<byte> start, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(start[(SignatureBytes + (index * 8))..]);

    static BadInputException Bad(string path, string expected, string found, string cure) =>
        new($"table file '{path}': {expected}, found {found}: {cure}");
}
