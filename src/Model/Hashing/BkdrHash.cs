namespace MetaSpore.Spark.Model.Hashing;

/// <summary>
/// The hash functions of MetaSpore, modulo 2⁶⁴. Bytes are sign-extended on every machine, as MetaSpore does on x86, so that
/// keys equal those of its tables.
/// </summary>
static class BkdrHash
{
    const ulong P1 = 131;
    const ulong P2 = P1 * P1;
    const ulong P3 = P2 * P1;
    const ulong P4 = P3 * P1;

    /// <summary>h = h·131 + byte, from left to right, starting with h = 0.</summary>
    public static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0;
        int i = 0;

        // Four bytes a round: one multiplication in the chain of dependent operations instead of four.
        for (; i + 4 <= bytes.Length; i += 4)
        {
            ulong tail = (Extend(bytes[i]) * P3) + (Extend(bytes[i + 1]) * P2) + (Extend(bytes[i + 2]) * P1) + Extend(bytes[i + 3]);
            hash = (hash * P4) + tail;
        }

        for (; i < bytes.Length; i++) hash = (hash * P1) + Extend(bytes[i]);
        return hash;
    }

    /// <summary>The hash of a column's name: the BKDR hash of the name followed by <c>=</c>.</summary>
    public static ulong Name(ReadOnlySpan<byte> name) => (Hash(name) * P1) + '=';

    /// <summary>Folds <paramref name="value"/> into <paramref name="hash"/>; the order matters.</summary>
    public static ulong Combine(ulong hash, ulong value) => hash ^ (value + 0x9E3779B9 + (hash << 6) + (hash >> 2));

    static ulong Extend(byte value) => (ulong)(sbyte)value;
}
