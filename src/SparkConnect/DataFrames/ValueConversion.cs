using System.Collections;
using System.Globalization;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Values of rows as the types that a caller asks for.</summary>
static class ValueConversion
{
    /// <summary>Converts a value, where nothing is lost.</summary>
    /// <param name="value">The value of a row.</param>
    /// <param name="target">The type asked for.</param>
    /// <param name="column">Name of the column, for messages.</param>
    /// <param name="allowNull">Whether null is passed on for types that have none.</param>
    public static object? To(object? value, Type target, string column, bool allowNull = false)
    {
        Type? inner = Nullable.GetUnderlyingType(target);
        if (value is null)
        {
            if (allowNull || inner is not null || !target.IsValueType) return null;
            throw new InvalidOperationException($"Column '{column}' has a null, and {target.Name} can't be null; ask for {target.Name}? or drop the nulls.");
        }

        target = inner ?? target;
        if (target.IsInstanceOfType(value)) return value;
        if (value is Row row) return RecordBinding.Make(row, target);
        if (value is object?[] items && Elements(target) is { } element) return Sequence(items, target, element, column);
        if (value is DateTimeOffset time && target == typeof(DateTime)) return time.UtcDateTime;
        if (target.IsEnum && value is string name) return Enum.Parse(target, name);
        try
        {
            if (Lossless(value, target)) return Convert.ChangeType(value, target, CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is OverflowException or InvalidCastException or FormatException)
        {
            throw Unfit(value, target, column, error);
        }

        throw Unfit(value, target, column, null);
    }

    static InvalidOperationException Unfit(object value, Type target, string column, Exception? inner) =>
        new($"Column '{column}' has a value of {value.GetType().Name} that does not fit {target.Name}; cast the column in Spark, or ask for another type.", inner);

    static bool Lossless(object value, Type target) => (value, Type.GetTypeCode(target)) switch
    {
        (sbyte or short or int or long, TypeCode.SByte or TypeCode.Byte or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Int32 or TypeCode.UInt32
            or TypeCode.Int64 or TypeCode.UInt64 or TypeCode.Decimal) => true,
        (sbyte or short or int, TypeCode.Double) => true,
        (sbyte or short, TypeCode.Single) => true,
        (float, TypeCode.Double) => true,
        (string { Length: 1 }, TypeCode.Char) => true,
        _ => false,
    };

    static Type? Elements(Type target) => target.IsArray ? target.GetElementType()
        : target.IsGenericType && target.GetGenericArguments() is [Type element] && target.IsAssignableFrom(typeof(List<>).MakeGenericType(element)) ? element
        : null;

    static object Sequence(object?[] items, Type target, Type element, string column)
    {
        IList made = target.IsArray ? Array.CreateInstance(element, items.Length) : (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        for (int i = 0; i < items.Length; i++)
        {
            object? item = To(items[i], element, column);
            if (target.IsArray) made[i] = item;
            else made.Add(item);
        }

        return made;
    }
}
