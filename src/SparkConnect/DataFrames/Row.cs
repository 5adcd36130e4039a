using System.Collections;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// One row, or one value of a struct column. Values are of these types: the numbers' own, <c>string</c>, <c>bool</c>, <c>byte[]</c>,
/// <see cref="DateOnly"/>, <see cref="DateTimeOffset"/> for TIMESTAMP (UTC), <see cref="DateTime"/> for TIMESTAMP_NTZ, <c>decimal</c> (more than 28 digits:
/// <see cref="System.Data.SqlTypes.SqlDecimal"/>), <see cref="TimeSpan"/> for intervals of days, <c>int</c> months for intervals of years, <c>object?[]</c> for arrays,
/// <see cref="Dictionary{TKey, TValue}"/> of objects for maps, <see cref="Row"/> for structs, null.
/// </summary>
public sealed class Row : IReadOnlyList<object?>
{
    readonly object?[] _values;

    internal Row(StructType schema, object?[] values)
    {
        Schema = schema;
        _values = values;
    }

    /// <summary>Names and types of the values.</summary>
    public StructType Schema { get; }

    /// <summary>Number of values.</summary>
    public int Count => _values.Length;

    /// <summary>The value at a position, from 0.</summary>
    public object? this[int index] => _values[index];

    /// <summary>The value of a column.</summary>
    /// <exception cref="KeyNotFoundException">There is no column of that name; the message lists those that are there.</exception>
    public object? this[string name] => _values[IndexOf(name)];

    /// <summary>The value at a position as a type, converted where nothing is lost.</summary>
    /// <exception cref="InvalidOperationException">The value does not fit; the message names the column.</exception>
    public T? Get<T>(int index) => (T?)ValueConversion.To(_values[index], typeof(T), Schema.Fields[index].Name, allowNull: true);

    /// <summary>The value of a column as a type, converted where nothing is lost.</summary>
    /// <exception cref="InvalidOperationException">The value does not fit; the message names the column.</exception>
    public T? Get<T>(string name) => Get<T>(IndexOf(name));

    /// <inheritdoc/>
    public IEnumerator<object?> GetEnumerator() => ((IEnumerable<object?>)_values).GetEnumerator();

    /// <summary>The row as PySpark prints it: <c>Row(id=1, name=a)</c>.</summary>
    public override string ToString() => $"Row({string.Join(", ", Schema.Fields.Select((field, i) => $"{field.Name}={_values[i] ?? "null"}"))})";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    int IndexOf(string name)
    {
        for (int i = 0; i < Schema.Fields.Count; i++)
            if (Schema.Fields[i].Name == name) return i;
        throw new KeyNotFoundException($"There is no column '{name}'; there are {string.Join(", ", Schema.FieldNames)}.");
    }
}
