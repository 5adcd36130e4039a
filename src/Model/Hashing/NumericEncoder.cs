using System.Globalization;
using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Model.Hashing;

/// <summary>
/// Turns the numbers of one column into keys: each category has a text (its token), which is hashed as if the column held
/// it. Tokens: a bucket's number (<c>12</c>), <c>missing</c>, <c>negative</c>, an exact value (<c>=37.5</c>, the shortest text
/// that reads back as the same double). Every key is computed once. Thread-safe after construction.
/// </summary>
public sealed class NumericEncoder
{
    /// <summary>Buckets of floor(2·log₂(1 + v)): 1 + v is below 2¹⁰²⁴, or infinite.</summary>
    const int LogBuckets = 2049;

    readonly NumericEncoding _as;
    readonly double[] _cuts;
    readonly ulong[] _bucketKeys;
    readonly Dictionary<double, ulong> _valueKeys = [];
    readonly ulong _missingKey;
    readonly ulong _negativeKey;

    /// <summary>Prepares the encoder.</summary>
    /// <param name="mode">The hash functions.</param>
    /// <param name="column">The column's name; part of every key.</param>
    /// <param name="encoding">Not <see cref="NumericEncoding.Dense"/>.</param>
    public NumericEncoder(HashMode mode, string column, ColumnEncoding encoding)
    {
        if (encoding.As == NumericEncoding.Dense) throw new ArgumentException($"column '{column}' is dense and has no categories", nameof(encoding));
        var hash = new ColumnHash(mode, column);
        _as = encoding.As;
        _cuts = [.. encoding.Cuts];
        int buckets = _as == NumericEncoding.Quantile ? _cuts.Length + 1 : LogBuckets;
        _bucketKeys = [.. Enumerable.Range(0, buckets).Select(bucket => hash.Key(bucket.ToString(CultureInfo.InvariantCulture)))];
        _missingKey = hash.Key("missing");
        _negativeKey = hash.Key("negative");
        foreach (double value in encoding.Values) _valueKeys[value] = hash.Key(ValueToken(value));
    }

    /// <summary>The key of one number; NaN is missing. Never 0.</summary>
    public ulong Key(double value)
    {
        if (double.IsNaN(value)) return _missingKey;
        switch (_as)
        {
            case NumericEncoding.Quantile:
                return _bucketKeys[CutsUpTo(value)];
            case NumericEncoding.Value when _valueKeys.TryGetValue(value, out ulong key):
                return key;
            default:
                return value < 0 ? _negativeKey : _bucketKeys[LogBucket(value)];
        }
    }

    /// <summary>The keys of many numbers.</summary>
    /// <param name="values">Shape (B); NaN is missing.</param>
    /// <param name="keys">Shape (B), written.</param>
    public void Keys(ReadOnlySpan<double> values, Span<ulong> keys)
    {
        keys = keys[..values.Length];
        for (int i = 0; i < values.Length; i++) keys[i] = Key(values[i]);
    }

    /// <summary>The token of one number, as documented for other languages.</summary>
    internal string Token(double value)
    {
        if (double.IsNaN(value)) return "missing";
        if (_as == NumericEncoding.Quantile) return CutsUpTo(value).ToString(CultureInfo.InvariantCulture);
        if (_as == NumericEncoding.Value && _valueKeys.ContainsKey(value)) return ValueToken(value);
        return value < 0 ? "negative" : LogBucket(value).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// floor(2·log₂(1 + v)) without a logarithm: 1 + v = m·2ᵉ with 0.5 ≤ m &lt; 1 gives 2(e − 1), plus 1 when m·m ≥ 0.5.
    /// </summary>
    /// <param name="value">At least 0; infinity gives the last bucket, 2048.</param>
    internal static int LogBucket(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(1 + value);
        int exponent = (int)(bits >> 52) - 1022;
        double mantissa = BitConverter.Int64BitsToDouble((bits & 0xF_FFFF_FFFF_FFFF) | (1022L << 52));
        return (2 * (exponent - 1)) + (mantissa * mantissa >= 0.5 ? 1 : 0);
    }

    static string ValueToken(double value) => "=" + (value == 0 ? 0 : value).ToString("R", CultureInfo.InvariantCulture);

    int CutsUpTo(double value)
    {
        int low = 0;
        int high = _cuts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_cuts[middle] <= value) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
