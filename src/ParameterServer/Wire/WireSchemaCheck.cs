using Apache.Arrow;
using Apache.Arrow.Ipc;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Compares the schema that a peer sends on its first message with the expected one.</summary>
static class WireSchemaCheck
{
    const int MaxLength = 1 << 20;

    /// <summary>Reads the encapsulated schema message at the beginning of <paramref name="message"/>.</summary>
    /// <returns>Its length in bytes.</returns>
    /// <exception cref="BadInputException">It is damaged, or other columns; the message names the first difference.</exception>
    public static int Check(NativeBlock message, WireSchema expected)
    {
        ReadOnlySpan<byte> bytes = message.AsSpan<byte>();
        int length = 8 + RecordBatchView.EncapsulatedLength(bytes);
        if (length > MaxLength) throw new BadInputException($"the schema message takes {length} bytes; expected at most {MaxLength}");
        if (bytes[..length].SequenceEqual(expected.Message)) return length;
        Schema schema;
        try
        {
            using ArrowStreamReader reader = new(bytes[..length].ToArray());
            schema = reader.Schema;
        }
#pragma warning disable CA1031 // Whatever the reader throws at foreign bytes means that they are damaged.
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw new BadInputException($"the schema message is damaged: {error.Message}", error);
        }

        Compare(schema, expected.Arrow);
        return length;
    }

    static void Compare(Schema found, Schema expected)
    {
        for (int i = 0; i < Math.Max(found.FieldsList.Count, expected.FieldsList.Count); i++)
        {
            string is_ = Describe(found, i), wanted = Describe(expected, i);
            if (is_ == wanted) continue;
            throw new BadInputException(
                $"the peer sends other columns: column {i} is {is_}, expected {wanted}; both sides need the same tables, dimensions and encoding");
        }
    }

    static string Describe(Schema schema, int column) => column < schema.FieldsList.Count
        ? $"'{schema.FieldsList[column].Name}' of {Describe(schema.FieldsList[column].DataType)}"
        : "absent";

    static string Describe(Apache.Arrow.Types.IArrowType type) => type switch
    {
        Apache.Arrow.Types.ListType list => $"list<{Describe(list.ValueDataType)}>",
        Apache.Arrow.Types.FixedSizeListType list => $"fixed_size_list<{Describe(list.ValueDataType)}>[{list.ListSize}]",
        Apache.Arrow.Types.FixedSizeBinaryType binary => $"fixed_size_binary[{binary.ByteWidth}]",
        _ => type.Name,
    };
}
