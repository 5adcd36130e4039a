using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Which Arrow type a column of a file has in the batches that are delivered.</summary>
static class ColumnTypes
{
    /// <summary>The delivered type; null when the column can't be read as <paramref name="kind"/>.</summary>
    public static IArrowType? Delivered(IArrowType type, ColumnKind? kind) => kind switch
    {
        ColumnKind.Label => Scalar(type) is null ? null : FloatType.Default,
        ColumnKind.Number => IsNumeric(type) || Scalar(type) is StringType ? DoubleType.Default : null,
        ColumnKind.TextList when type is StringType => s_textList,
        _ => Scalar(type) ?? List(type),
    };

    /// <summary>Why a column can't be read as <paramref name="kind"/>, and what to do.</summary>
    public static string Problem(IArrowType type, ColumnKind kind) => kind switch
    {
        ColumnKind.Label => $"expected a number, bool or text for the label, found the type {type.Name}; write the label as 0 or 1",
        ColumnKind.Number => $"expected numbers, found the type {type.Name}; convert the column to a number or read it as text",
        _ => $"the type {type.Name} can't be read; convert the column to text, a number, or a list of these",
    };

    /// <summary>Whether two delivered types are the same.</summary>
    public static bool AreSame(IArrowType a, IArrowType b) => (a, b) switch
    {
        (ListType x, ListType y) => AreSame(x.ValueDataType, y.ValueDataType),
        (TimestampType x, TimestampType y) => x.Unit == y.Unit && x.Timezone == y.Timezone,
        (TimeBasedType x, TimeBasedType y) => x.TypeId == y.TypeId && x.Unit == y.Unit,
        (FixedWidthType x, FixedWidthType y) => x.TypeId == y.TypeId && x.BitWidth == y.BitWidth,
        _ => a.TypeId == b.TypeId,
    };

    static readonly ListType s_textList = new(new Apache.Arrow.Field("item", StringType.Default, true));

    static ListType? List(IArrowType type)
    {
        Apache.Arrow.Field? element = type switch
        {
            ListType list => list.ValueField,
            LargeListType list => list.ValueField,
            FixedSizeListType list => list.ValueField,
            _ => null,
        };
        return element is not null && Scalar(element.DataType) is { } value ? new(new Apache.Arrow.Field(element.Name, value, true)) : null;
    }

    static IArrowType? Scalar(IArrowType type) => type switch
    {
        DictionaryType dictionary => Scalar(dictionary.ValueType),
        LargeStringType or StringType or StringViewType => StringType.Default,
        LargeBinaryType or BinaryType or BinaryViewType => BinaryType.Default,
        FixedWidthType => type,
        _ => null,
    };

    static bool IsNumeric(IArrowType type) => type switch
    {
        DictionaryType dictionary => IsNumeric(dictionary.ValueType),
        Decimal128Type or Decimal256Type => false,
        _ => type is NumberType or BooleanType,
    };
}
