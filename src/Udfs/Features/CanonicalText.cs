using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>
/// The text of values that are not text, equal to Python's <c>str()</c>: <c>-12</c>, <c>True</c>, <c>2024-01-31</c>,
/// <c>2024-01-31 10:00:00.000001</c> (in UTC with <c>+00:00</c> at the end). Thus a column has the same keys whether it is
/// stored as text or with its type.
/// </summary>
static class CanonicalText
{
    /// <summary>Bytes that suffice for every text.</summary>
    public const int MaxLength = 40;

    const long TicksAtEpoch = 621_355_968_000_000_000;

    /// <summary>Whether the type of <paramref name="array"/> has a canonical text.</summary>
    public static bool Supports(IArrowArray array) => array
        is BooleanArray or Int8Array or Int16Array or Int32Array or Int64Array or UInt8Array or UInt16Array or UInt32Array
        or UInt64Array or Date32Array or Date64Array
        || (array is TimestampArray && IsUtc(((TimestampType)array.Data.DataType).Timezone));

    /// <summary>Writes the text of a valid element as UTF-8 and returns its length.</summary>
    public static int Format(IArrowArray array, int index, Span<byte> text)
    {
        switch (array)
        {
            case Int32Array values: return Number(values.Values[index], text);
            case Int64Array values: return Number(values.Values[index], text);
            case Int16Array values: return Number(values.Values[index], text);
            case Int8Array values: return Number(values.Values[index], text);
            case UInt8Array values: return Number(values.Values[index], text);
            case UInt16Array values: return Number(values.Values[index], text);
            case UInt32Array values: return Number(values.Values[index], text);
            case UInt64Array values: return Number(values.Values[index], text);
            case Date32Array values: return Date(values.Values[index] * TimeSpan.TicksPerDay, text);
            case Date64Array values: return Date(checked(values.Values[index] * TimeSpan.TicksPerMillisecond), text);
            case TimestampArray values: return Timestamp((TimestampType)values.Data.DataType, values.Values[index], text);
            default:
                ReadOnlySpan<byte> truth = ((BooleanArray)array).GetValue(index) == true ? "True"u8 : "False"u8;
                truth.CopyTo(text);
                return truth.Length;
        }
    }

    static int Number<T>(T value, Span<byte> text) where T : IUtf8SpanFormattable
    {
        value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
        return length;
    }

    static int Date(long ticks, Span<byte> text)
    {
        DateTimeAt(ticks).TryFormat(text, out int length, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        return length;
    }

    static int Timestamp(TimestampType type, long value, Span<byte> text)
    {
        (long ticksPerUnit, long unitsPerTick) = type.Unit switch
        {
            TimeUnit.Second => (TimeSpan.TicksPerSecond, 1L),
            TimeUnit.Millisecond => (TimeSpan.TicksPerMillisecond, 1L),
            TimeUnit.Microsecond => (TimeSpan.TicksPerMicrosecond, 1L),
            _ => (1L, 100L),
        };
        long ticks = unitsPerTick == 1 ? checked(value * ticksPerUnit) : Math.DivRem(value, unitsPerTick).Quotient;
        long nanoseconds = unitsPerTick == 1 ? 0 : value - (ticks * unitsPerTick);
        if (nanoseconds < 0)
        {
            ticks--;
            nanoseconds += unitsPerTick;
        }

        DateTime at = DateTimeAt(ticks);
        bool fraction = at.Ticks % TimeSpan.TicksPerSecond != 0 || nanoseconds != 0;
        bool fine = at.Ticks % TimeSpan.TicksPerMicrosecond != 0 || nanoseconds != 0;
        string format = !fraction ? "yyyy-MM-dd HH:mm:ss" : fine ? "yyyy-MM-dd HH:mm:ss.fffffff" : "yyyy-MM-dd HH:mm:ss.ffffff";
        at.TryFormat(text, out int length, format, CultureInfo.InvariantCulture);
        if (fine)
        {
            text[length++] = (byte)('0' + (nanoseconds / 10));
            text[length++] = (byte)('0' + (nanoseconds % 10));
        }

        if (string.IsNullOrEmpty(type.Timezone)) return length;
        "+00:00"u8.CopyTo(text[length..]);
        return length + 6;
    }

    static DateTime DateTimeAt(long ticks)
    {
        if (ticks < -TicksAtEpoch || ticks > DateTime.MaxValue.Ticks - TicksAtEpoch)
            throw new BadInputException("a date outside the years 1 to 9999 has no canonical text; give the column as text");
        return new(ticks + TicksAtEpoch);
    }

    static bool IsUtc(string? zone) => string.IsNullOrEmpty(zone) || zone is "UTC" or "Etc/UTC" or "GMT" or "Z" or "+00:00";
}
