using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Tests.Features;

/// <summary>Builds Arrow arrays of any type from text cells.</summary>
static class ArrowCells
{
    /// <summary>A scalar array of <paramref name="type"/> whose canonical texts are the cells.</summary>
    public static IArrowArray Scalars(string type, IReadOnlyList<string?> cells)
    {
        switch (type)
        {
            case "utf8": return new StringArray.Builder().AppendRange(cells).Build();
            case "largeUtf8": return new LargeStringArray.Builder().AppendRange(cells).Build();
            case "utf8View": return new StringViewArray.Builder().AppendRange(cells).Build();
            case "dictionary8": return Dictionary(Int8Type.Default, cells);
            case "dictionary32": return Dictionary(Int32Type.Default, cells);
            case "int64": return Numbers<long, Int64Array, Int64Array.Builder>(new Int64Array.Builder(), cells, text => long.Parse(text, CultureInfo.InvariantCulture));
            case "uint8": return Numbers<byte, UInt8Array, UInt8Array.Builder>(new UInt8Array.Builder(), cells, text => byte.Parse(text, CultureInfo.InvariantCulture));
            case "bool":
                var truths = new BooleanArray.Builder();
                foreach (string? cell in cells) _ = cell is null ? truths.AppendNull() : truths.Append(cell == "True");
                return truths.Build();
            case "date32":
                var dates = new Date32Array.Builder();
                foreach (string? cell in cells) _ = cell is null ? dates.AppendNull() : dates.Append(DateOnly.Parse(cell, CultureInfo.InvariantCulture));
                return dates.Build();
            default: throw new ArgumentException(type);
        }
    }

    /// <summary>A list array of <paramref name="type"/>; null cells are null lists, null elements null texts.</summary>
    public static IArrowArray Lists(string type, IReadOnlyList<string?[]?> cells)
    {
        switch (type)
        {
            case "list":
                var lists = new ListArray.Builder(StringType.Default);
                foreach (string?[]? cell in cells)
                {
                    _ = cell is null ? lists.AppendNull() : lists.Append();
                    ((StringArray.Builder)lists.ValueBuilder).AppendRange(cell ?? []);
                }

                return lists.Build();
            case "largeList":
                var large = new LargeListArray.Builder(StringType.Default);
                foreach (string?[]? cell in cells)
                {
                    _ = cell is null ? large.AppendNull() : large.Append();
                    ((StringArray.Builder)large.ValueBuilder).AppendRange(cell ?? []);
                }

                return large.Build();
            case "fixedList":
                var pairs = new FixedSizeListArray.Builder(StringType.Default, 2);
                foreach (string?[]? cell in cells)
                {
                    _ = cell is null ? pairs.AppendNull() : pairs.Append();
                    ((StringArray.Builder)pairs.ValueBuilder).AppendRange(cell ?? []);
                }

                return pairs.Build();
            default: throw new ArgumentException(type);
        }
    }

    static DictionaryArray Dictionary(IArrowType indexType, IReadOnlyList<string?> cells)
    {
        string[] values = [.. cells.OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        string?[] dictionary = [.. values, null];
        int?[] indices = [.. cells.Select((cell, i) => cell is null ? (i % 2 == 0 ? (int?)null : values.Length) : System.Array.IndexOf(values, cell))];
        IArrowArray indexArray;
        if (indexType is Int8Type)
        {
            var builder = new Int8Array.Builder();
            foreach (int? index in indices) _ = index is null ? builder.AppendNull() : builder.Append((sbyte)index);
            indexArray = builder.Build();
        }
        else
        {
            var builder = new Int32Array.Builder();
            foreach (int? index in indices) _ = index is null ? builder.AppendNull() : builder.Append(index.Value);
            indexArray = builder.Build();
        }

        return new DictionaryArray(new DictionaryType(indexType, StringType.Default, false), indexArray, new StringArray.Builder().AppendRange(dictionary).Build());
    }

    static TArray Numbers<T, TArray, TBuilder>(PrimitiveArrayBuilder<T, TArray, TBuilder> builder, IReadOnlyList<string?> cells, Func<string, T> parse)
        where T : struct
        where TArray : IArrowArray
        where TBuilder : PrimitiveArrayBuilder<T, TArray, TBuilder>
    {
        foreach (string? cell in cells) _ = cell is null ? builder.AppendNull() : builder.Append(parse(cell));
        return builder.Build(null!);
    }
}
