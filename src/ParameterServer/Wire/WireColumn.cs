using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>One column of an exchange's record batch: a list column, whose single row has all values. Immutable.</summary>
/// <param name="Name">Name of the Arrow field.</param>
/// <param name="Kind">Type of the list's items.</param>
/// <param name="Dimension">Elements of an item: D of a row, 1 of a key or a dense element.</param>
sealed record WireColumn(string Name, WireColumnKind Kind, int Dimension)
{
    /// <summary>Bytes of one item.</summary>
    public int ItemBytes => Dimension * Kind switch
    {
        WireColumnKind.Bytes => 1,
        WireColumnKind.BFloat16 => 2,
        WireColumnKind.Float32 => 4,
        _ => 8,
    };

    /// <summary>Whether the items are keys, which tables may share.</summary>
    public bool IsKeys => Kind is WireColumnKind.Keys or WireColumnKind.Bytes;

    /// <summary>Whether the items are fixed-size lists, which have a field node and a validity buffer of their own.</summary>
    public bool IsFixedSizeList => Dimension > 1 && Kind != WireColumnKind.BFloat16;

    /// <summary>Field nodes of the column.</summary>
    public int NodeCount => IsFixedSizeList ? 3 : 2;

    /// <summary>Buffers of the column.</summary>
    public int BufferCount => IsFixedSizeList ? 5 : 4;

    /// <summary>The Arrow field.</summary>
    public Field ToField()
    {
        IArrowType element = Kind switch
        {
            WireColumnKind.Keys => UInt64Type.Default,
            WireColumnKind.Bytes => UInt8Type.Default,
            WireColumnKind.BFloat16 => new FixedSizeBinaryType(2 * Dimension),
            WireColumnKind.Float32 => FloatType.Default,
            _ => DoubleType.Default,
        };
        IArrowType item = IsFixedSizeList ? new FixedSizeListType(new Field("item", element, nullable: false), Dimension) : element;
        return new Field(Name, new ListType(new Field("item", item, nullable: false)), nullable: false);
    }
}

/// <summary>Types of values that an exchange carries.</summary>
enum WireColumnKind
{
    /// <summary>uint64.</summary>
    Keys,

    /// <summary>uint8: delta-encoded keys.</summary>
    Bytes,

    /// <summary>bfloat16 as fixed-size binary.</summary>
    BFloat16,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>float64.</summary>
    Float64,
}
