using System.Globalization;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// Numbers as text, exactly as C's printf writes them with <c>%.7g</c> (float32) and <c>%.15g</c> (float64), and back.
/// </summary>
static class PrintfNumber
{
    /// <summary>The longest text that <see cref="Format(float, Span{byte})"/> writes.</summary>
    public const int MaxLength = 32;

    const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Writes a number with 7 significant digits.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Format(float value, Span<byte> target)
    {
        if (!float.IsFinite(value)) return FormatSpecial(value, target);
        value.TryFormat(target, out int written, "G7", CultureInfo.InvariantCulture);
        return LowerExponent(target, written);
    }

    /// <summary>Writes a number with 15 significant digits.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Format(double value, Span<byte> target)
    {
        if (!double.IsFinite(value)) return FormatSpecial(value, target);
        value.TryFormat(target, out int written, "G15", CultureInfo.InvariantCulture);
        return LowerExponent(target, written);
    }

    /// <summary>Reads a number, the nearest float32; the whole text must be a number, <c>nan</c> or <c>inf</c>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out float value)
    {
        if (TryParseSpecial(text, out double special))
        {
            value = (float)special;
            return true;
        }

        return float.TryParse(text, Style, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
    }

    /// <summary>Reads a number; the whole text must be a number, <c>nan</c> or <c>inf</c>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParseSpecial(text, out value)) return true;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    static int FormatSpecial(double value, Span<byte> target)
    {
        ReadOnlySpan<byte> text = double.IsNaN(value) ? "nan"u8 : "inf"u8;
        int at = 0;
        if (double.IsNegative(value)) target[at++] = (byte)'-';
        text.CopyTo(target[at..]);
        return at + text.Length;
    }

    static bool TryParseSpecial(ReadOnlySpan<byte> text, out double value)
    {
        bool negative = text.Length > 0 && text[0] == '-';
        ReadOnlySpan<byte> name = negative ? text[1..] : text;
        value = name.SequenceEqual("nan"u8) ? double.NaN : name.SequenceEqual("inf"u8) ? double.PositiveInfinity : 0;
        if (value == 0) return false;

        // double.NaN has its sign bit set.
        value = double.CopySign(value, negative ? -1 : 1);
        return true;
    }

    static int LowerExponent(Span<byte> text, int length)
    {
        int at = text[..length].IndexOf((byte)'E');
        if (at >= 0) text[at] = (byte)'e';
        return length;
    }
}
