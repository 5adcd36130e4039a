using System.Numerics;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// Elementary functions made of single additions, multiplications and divisions, so that every machine and vector width
/// gives the same bits, which a C library's functions don't promise.
/// </summary>
static class PortableMath
{
    const ulong MantissaMask = (1UL << 52) - 1;
    const ulong OneBits = 1023UL << 52;
    const double Ln2 = 0.69314718055994530942;

    /// <summary>
    /// Natural logarithm of positive normal numbers, within a few units in the last place of max(|ln x|, 1): x = m·2ᵉ with
    /// m in [√½, √2), then ln m = 2·artanh s with s = (m − 1)/(m + 1).
    /// </summary>
    public static Vector<double> Log(Vector<double> x)
    {
        Vector<ulong> bits = Vector.AsVectorUInt64(x);
        Vector<double> exponent = Vector.ConvertToDouble(Vector.AsVectorInt64(bits >>> 52)) - new Vector<double>(1023);
        Vector<double> mantissa = Vector.AsVectorDouble((bits & new Vector<ulong>(MantissaMask)) | new Vector<ulong>(OneBits));
        Vector<long> isLarge = Vector.GreaterThan(mantissa, new Vector<double>(1.4142135623730951));
        mantissa = Vector.ConditionalSelect(isLarge, mantissa * 0.5, mantissa);
        exponent = Vector.ConditionalSelect(isLarge, exponent + Vector<double>.One, exponent);

        Vector<double> s = (mantissa - Vector<double>.One) / (mantissa + Vector<double>.One);
        Vector<double> z = s * s;
        Vector<double> series = new(1.0 / 21); // Σ zᵏ/(2k + 1); z ≤ 0.0295
        series = (series * z) + new Vector<double>(1.0 / 19);
        series = (series * z) + new Vector<double>(1.0 / 17);
        series = (series * z) + new Vector<double>(1.0 / 15);
        series = (series * z) + new Vector<double>(1.0 / 13);
        series = (series * z) + new Vector<double>(1.0 / 11);
        series = (series * z) + new Vector<double>(1.0 / 9);
        series = (series * z) + new Vector<double>(1.0 / 7);
        series = (series * z) + new Vector<double>(1.0 / 5);
        series = (series * z) + new Vector<double>(1.0 / 3);
        series = (series * z) + Vector<double>.One;
        return (exponent * Ln2) + (2 * s * series);
    }

    /// <summary>Sine and cosine of 2π·<paramref name="turns"/>, turns in [0, 1], within 1e-15.</summary>
    public static (Vector<double> Sin, Vector<double> Cos) SinCosOfTurns(Vector<double> turns)
    {
        Vector<double> quarters = turns * 4;
        Vector<double> quadrant = Vector.Floor(quarters + new Vector<double>(0.5)); // 0 to 4
        Vector<double> x = (quarters - quadrant) * (Math.PI / 2); // in [−π/4, π/4]
        Vector<double> z = x * x;

        // Taylor: Σ (−1)ᵏ·x²ᵏ⁺¹/(2k + 1)! and Σ (−1)ᵏ·x²ᵏ/(2k)!.
        Vector<double> sin = new(1.0 / 355687428096000.0), cos = new(1.0 / 20922789888000.0);
        sin = (sin * z) + new Vector<double>(-1.0 / 1307674368000.0);
        sin = (sin * z) + new Vector<double>(1.0 / 6227020800.0);
        sin = (sin * z) + new Vector<double>(-1.0 / 39916800);
        sin = (sin * z) + new Vector<double>(1.0 / 362880);
        sin = (sin * z) + new Vector<double>(-1.0 / 5040);
        sin = (sin * z) + new Vector<double>(1.0 / 120);
        sin = (sin * z) + new Vector<double>(-1.0 / 6);
        cos = (cos * z) + new Vector<double>(-1.0 / 87178291200.0);
        cos = (cos * z) + new Vector<double>(1.0 / 479001600);
        cos = (cos * z) + new Vector<double>(-1.0 / 3628800);
        cos = (cos * z) + new Vector<double>(1.0 / 40320);
        cos = (cos * z) + new Vector<double>(-1.0 / 720);
        cos = (cos * z) + new Vector<double>(1.0 / 24);
        cos = (cos * z) + new Vector<double>(-1.0 / 2);
        sin = x * ((sin * z) + Vector<double>.One);
        cos = (cos * z) + Vector<double>.One;

        Vector<double> two = new(2), three = new(3);
        Vector<long> isOne = Vector.Equals(quadrant, Vector<double>.One), isTwo = Vector.Equals(quadrant, two), isThree = Vector.Equals(quadrant, three);
        Vector<long> isSwapped = isOne | isThree;
        Vector<double> first = Vector.ConditionalSelect(isSwapped, cos, sin), second = Vector.ConditionalSelect(isSwapped, sin, cos);
        return (
            Vector.ConditionalSelect(isTwo | isThree, -first, first),
            Vector.ConditionalSelect(isOne | isTwo, -second, second));
    }
}
