using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Literal = MetaSpore.Spark.SparkConnect.Protocol.Expression.Types.Literal;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Values of .NET as literals of a plan.</summary>
static class Literals
{
    static readonly DateTime s_epoch = new(1970, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);

    /// <summary>The literal for a value; sequences become arrays.</summary>
    /// <exception cref="ArgumentException">The value's type has no literal.</exception>
    public static Literal Of(object? value) => value switch
    {
        null => new Literal { Null = new Protocol.DataType { Null = new() } },
        bool flag => new Literal { Boolean = flag },
        sbyte number => new Literal { Byte = number },
        byte number => new Literal { Short = number },
        short number => new Literal { Short = number },
        ushort number => new Literal { Integer = number },
        int number => new Literal { Integer = number },
        uint number => new Literal { Long = number },
        long number => new Literal { Long = number },
        float number => new Literal { Float = number },
        double number => new Literal { Double = number },
        decimal number => new Literal { Decimal = Decimal(number) },
        string text => new Literal { String = text },
        char one => new Literal { String = one.ToString() },
        byte[] bytes => new Literal { Binary = ByteString.CopyFrom(bytes) },
        DateOnly day => new Literal { Date = day.DayNumber - DateOnly.FromDateTime(s_epoch).DayNumber },
        DateTimeOffset time => new Literal { Timestamp = Micros(time.UtcDateTime) },
        DateTime { Kind: DateTimeKind.Unspecified } time => new Literal { TimestampNtz = Micros(time) },
        DateTime time => new Literal { Timestamp = Micros(time.ToUniversalTime()) },
        TimeSpan span => new Literal { DayTimeInterval = span.Ticks / TimeSpan.TicksPerMicrosecond },
        IEnumerable values => Array(values),
        _ => throw new ArgumentException($"a value of {value.GetType()} can't stand in a plan; give a number, text, bytes, a date, a time or a sequence of those", nameof(value)),
    };

    static long Micros(DateTime time) => (time.Ticks - s_epoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    static Literal.Types.Decimal Decimal(decimal number)
    {
        string text = number.ToString(CultureInfo.InvariantCulture);
        int digits = text.Count(char.IsAsciiDigit);
        int scale = text.Contains('.', StringComparison.Ordinal) ? text.Length - text.IndexOf('.', StringComparison.Ordinal) - 1 : 0;
        return new Literal.Types.Decimal { Value = text, Precision = Math.Max(digits, scale), Scale = scale };
    }

    static Literal Array(IEnumerable values)
    {
        Literal.Types.Array array = new();
        foreach (object? value in values) array.Elements.Add(Of(value));
        Literal? typed = array.Elements.FirstOrDefault(element => element.LiteralTypeCase != Literal.LiteralTypeOneofCase.Null);
        array.ElementType = typed is null ? new Protocol.DataType { Null = new() } : TypeOf(typed);
        return new Literal { Array = array };
    }

    static Protocol.DataType TypeOf(Literal literal) => literal.LiteralTypeCase switch
    {
        Literal.LiteralTypeOneofCase.Array => new Protocol.DataType { Array = new() { ElementType = literal.Array.ElementType, ContainsNull = true } },
        Literal.LiteralTypeOneofCase.Decimal => new Protocol.DataType { Decimal = new() { Precision = literal.Decimal.Precision, Scale = literal.Decimal.Scale } },
        Literal.LiteralTypeOneofCase.DayTimeInterval => new Protocol.DataType { DayTimeInterval = new() { StartField = 0, EndField = 3 } },
        _ => TypeConversion.ToProtocol(Atomic(literal.LiteralTypeCase)),
    };

    static DataType Atomic(Literal.LiteralTypeOneofCase kind) => kind switch
    {
        Literal.LiteralTypeOneofCase.Boolean => DataType.Boolean,
        Literal.LiteralTypeOneofCase.Byte => DataType.Byte,
        Literal.LiteralTypeOneofCase.Short => DataType.Short,
        Literal.LiteralTypeOneofCase.Integer => DataType.Integer,
        Literal.LiteralTypeOneofCase.Long => DataType.Long,
        Literal.LiteralTypeOneofCase.Float => DataType.Float,
        Literal.LiteralTypeOneofCase.Double => DataType.Double,
        Literal.LiteralTypeOneofCase.String => DataType.String,
        Literal.LiteralTypeOneofCase.Binary => DataType.Binary,
        Literal.LiteralTypeOneofCase.Date => DataType.Date,
        Literal.LiteralTypeOneofCase.Timestamp => DataType.Timestamp,
        Literal.LiteralTypeOneofCase.TimestampNtz => DataType.TimestampNtz,
        _ => DataType.Null,
    };
}
