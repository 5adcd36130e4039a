using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// Compares the schema that a peer sends on its first message with the expected one. It reads Arrow's Schema.fbs itself:
/// a general reader trusts the counts that it finds, and takes gigabytes for a damaged one.
/// </summary>
static class WireSchemaCheck
{
    const int MaxLength = 1 << 20;
    const int MaxText = 1024;
    const byte SchemaHeader = 1;

    // Schema.fbs: the union of types, of which these occur here.
    const byte Int = 2, FloatingPoint = 3, List = 12, FixedSizeBinary = 15, FixedSizeList = 16;

    /// <summary>Reads the encapsulated schema message at the beginning of <paramref name="message"/>.</summary>
    /// <returns>Its length in bytes.</returns>
    /// <exception cref="BadInputException">It is damaged, or other columns; the message names the first difference.</exception>
    public static int Check(NativeBlock message, WireSchema expected)
    {
        ReadOnlySpan<byte> bytes = message.AsSpan<byte>();
        int length = 8 + RecordBatchView.EncapsulatedLength(bytes);
        if (length > MaxLength && length != expected.Message.Length)
            throw new BadInputException($"the schema message takes {length} bytes; expected at most {MaxLength}");
        if (bytes[..length].SequenceEqual(expected.Message)) return length;
        FlatTable root = FlatTable.Root(bytes[8..length]);
        if (root.Byte(1) != SchemaHeader) throw new BadInputException($"the Arrow message is of kind {root.Byte(1)}; expected a schema");
        FlatTable schema = root.Table(2);
        if (schema.Int16(0) != 0) throw new BadInputException("the schema is big-endian; expected little-endian");
        int count = schema.Count(1);
        for (int i = 0; i < expected.Arrow.FieldsList.Count; i++)
            Compare(i, i < count ? Describe(schema.Element(1, i)) : "absent", Describe(expected.Arrow.FieldsList[i]));
        int columns = expected.Arrow.FieldsList.Count;
        if (count != columns) Compare(columns, count > columns ? Describe(schema.Element(1, columns)) : $"{count} columns", "absent");
        return length;
    }

    static void Compare(int column, string found, string expected)
    {
        if (found == expected) return;
        throw new BadInputException(
            $"the peer sends other columns: column {column} is {found}, expected {expected}; both sides need the same tables, dimensions and encoding");
    }

    static string Describe(FlatTable field) => $"'{field.Text(0, MaxText)}' of {DescribeType(field, 0)}";

    // List, fixed-size list and element are the deepest nesting of our columns.
    static string DescribeType(FlatTable field, int depth)
    {
        byte kind = field.Byte(2);
        if (kind is not (Int or FloatingPoint or List or FixedSizeBinary or FixedSizeList) || depth > 2) return $"Arrow type {kind}";
        FlatTable type = field.Table(3);
        return kind switch
        {
            Int => $"{(type.Byte(1) == 0 ? "u" : "")}int{type.Int32(0)}",
            FloatingPoint => type.Int16(0) switch { 1 => "float", 2 => "double", _ => "halffloat" },
            List => $"list<{DescribeItem(field, depth)}>",
            FixedSizeBinary => $"fixed_size_binary[{type.Int32(0)}]",
            _ => $"fixed_size_list<{DescribeItem(field, depth)}>[{type.Int32(0)}]",
        };
    }

    static string DescribeItem(FlatTable field, int depth) =>
        field.Count(5) == 1 ? DescribeType(field.Element(5, 0), depth + 1) : $"{field.Count(5)} children";

    static string Describe(Field field) => $"'{field.Name}' of {Describe(field.DataType)}";

    static string Describe(IArrowType type) => type switch
    {
        ListType list => $"list<{Describe(list.ValueDataType)}>",
        FixedSizeListType list => $"fixed_size_list<{Describe(list.ValueDataType)}>[{list.ListSize}]",
        FixedSizeBinaryType binary => $"fixed_size_binary[{binary.ByteWidth}]",
        _ => type.Name,
    };
}
