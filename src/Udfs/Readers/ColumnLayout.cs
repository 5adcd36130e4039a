using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The columns that a dataset delivers, in the order of its first file. Immutable.</summary>
sealed class ColumnLayout
{
    readonly DatasetSpec _spec;
    readonly MissingCells _missing;
    readonly MissingCells _kept;

    ColumnLayout(DatasetSpec spec, IReadOnlyList<ReadColumn> columns)
    {
        _spec = spec;
        _missing = new(spec.Missing);
        Columns = columns;
        Schema = new([.. columns.Select(column => new Field(column.Name, column.Type, column.Kind != ColumnKind.Label))], null);
        _kept = spec.KeepOriginals ? new([""]) : _missing;
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<ReadColumn> Columns { get; }

    /// <summary>The schema of every batch.</summary>
    public Schema Schema { get; }

    /// <summary>Chooses the columns of a file.</summary>
    /// <param name="spec">What is asked for.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="fields">The file's columns; types are those of the file, utf8 for text files.</param>
    /// <exception cref="BadInputException">A column is absent, twice there, or of a type that can't be read.</exception>
    public static ColumnLayout Choose(DatasetSpec spec, string path, IReadOnlyList<Field> fields)
    {
        var problems = new List<string>();
        foreach (IGrouping<string, Field> group in fields.GroupBy(field => field.Name, StringComparer.Ordinal))
        {
            if (group.Count() > 1) problems.Add($"{path}: {group.Count()} columns have the name '{group.Key}'; give each its own name");
        }

        string? label = spec.Label?.Column;
        if (label is not null && spec.Columns.TryGetValue(label, out ColumnKind labelKind) && labelKind != ColumnKind.Label)
            problems.Add($"column '{label}' is the label and is also read as {labelKind}; a label can't be a feature: remove it from the features");
        var chosen = new List<ReadColumn>();
        foreach (Field field in fields)
        {
            ColumnKind? kind = field.Name == label ? ColumnKind.Label
                : spec.Columns.TryGetValue(field.Name, out ColumnKind wanted) ? wanted
                : null;
            if (kind is null && !spec.KeepOtherColumns) continue;
            if (kind == ColumnKind.Label && label != field.Name)
                problems.Add($"column '{field.Name}' is read as a label; name it under label");
            if (ColumnTypes.Delivered(field.DataType, kind) is { } type) chosen.Add(new(field.Name, field.Name, kind, type));
            else if (kind is not null) problems.Add($"{path}, column '{field.Name}': {ColumnTypes.Problem(field.DataType, kind.Value)}");
            if (spec.KeepOriginals && kind is not null && Original(spec, field, kind.Value) is { } original)
                chosen.Add(new(DatasetSpec.OriginalName(field.Name), field.Name, null, original));
        }

        string[] names = [.. fields.Select(field => field.Name)];
        foreach (string name in spec.Columns.Keys.Concat(label is null ? [] : [label]).Distinct(StringComparer.Ordinal))
        {
            if (!names.Contains(name, StringComparer.Ordinal)) problems.Add(Absent(path, name, names));
        }

        return problems.Count == 0 ? new(spec, chosen) : throw new BadInputException(problems);
    }

    // The type of a column as it is; null when its reading is that already, or when it can't be read.
    static IArrowType? Original(DatasetSpec spec, Field field, ColumnKind kind) =>
        ColumnTypes.Delivered(field.DataType, null) is { } type
        && !(ColumnTypes.Delivered(field.DataType, kind) is { } read && ColumnTypes.AreSame(read, type) && spec.Missing.All(marker => marker.Length == 0))
            ? type
            : null;

    /// <summary>The message for a column that a file lacks.</summary>
    public static string Absent(string path, string name, IReadOnlyList<string> names)
    {
        string has = names.Count <= 12 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(12))}, … ({names.Count} columns)";
        return NearestName.Find(name, names) is { } nearest
            ? $"{path}: no column '{name}'; did you mean '{nearest}'? The file has {has}"
            : $"{path}: no column '{name}'; the file has {has}: correct the name where it is used, or the names of the columns";
    }

    /// <summary>Positions of what is made of a column of the files; none when it is not read.</summary>
    public int[] IndicesOf(string source) => [.. Enumerable.Range(0, Columns.Count).Where(i => Columns[i].Source == source)];

    /// <summary>New builders for all columns, in order.</summary>
    public ColumnBuilder[] NewBuilders() => [.. Columns.Select(NewBuilder)];

    ColumnBuilder NewBuilder(ReadColumn column) => column.Kind switch
    {
        ColumnKind.Label => new LabelColumnBuilder(_spec.Label!, _missing, mayBeMissing: _spec.KeepOriginals),
        ColumnKind.Number => new NumberColumnBuilder(_missing),
        null => NewBuilder(column.Type, _kept),
        _ => NewBuilder(column.Type, _missing),
    };

    ColumnBuilder NewBuilder(IArrowType type, MissingCells missing) => type switch
    {
        StringType or BinaryType => new TextColumnBuilder(type, missing),
        ListType list => new ListColumnBuilder(list, NewBuilder(list.ValueDataType, missing), missing, _spec.ListDelimiter, _spec.Trim),
        BooleanType => new BooleanColumnBuilder(),
        FixedWidthType fixedWidth => new FixedColumnBuilder(type, fixedWidth.BitWidth / 8),
        _ => throw new NotSupportedException(type.Name),
    };
}
