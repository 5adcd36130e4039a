using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Which rows, and what they look like. Immutable and JSON-serialisable; a model keeps the one it was trained with.</summary>
public sealed record DatasetSpec
{
    /// <summary>The inputs in order; row numbers run on over them.</summary>
    public required IReadOnlyList<InputFile> Inputs { get; init; }

    /// <summary>Storage format.</summary>
    public DataFormat Format { get; init; }

    /// <summary>Delimiter of <see cref="DataFormat.Csv"/>, one character; also <c>\u0002</c>.</summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>Delimiter between the values of a list cell in text formats.</summary>
    public char ListDelimiter { get; init; } = '|';

    /// <summary>Whether cells lose blanks at both ends.</summary>
    public bool Trim { get; init; } = true;

    /// <summary>Whether the first line of each text file names the columns.</summary>
    public bool Header { get; init; }

    /// <summary>Column names; overrides a header. Null: from the header or the file (libsvm, libfm: label, f0, f1, …).</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Cells that mean "missing" (null).</summary>
    public IReadOnlyList<string> Missing { get; init; } = [""];

    /// <summary>How the label is made; null: the rows have none.</summary>
    public LabelRule? Label { get; init; }

    /// <summary>
    /// Columns to read and as what; the label's column is read besides, under its own name. A column that is absent from a
    /// file is an error that names both.
    /// </summary>
    public IReadOnlyDictionary<string, ColumnKind> Columns { get; init; } = new Dictionary<string, ColumnKind>();

    /// <summary>Also deliver every other column as text (or with the file's own type), in file order.</summary>
    public bool KeepOtherColumns { get; init; }

    /// <summary>
    /// For results that repeat their input: with <see cref="KeepOtherColumns"/>, also deliver every column whose reading changes it
    /// (numbers, lists, missing cells, the label) once more as it is, named by <see cref="OriginalName"/>, right after its reading;
    /// and let the label be missing, as NaN.
    /// </summary>
    public bool KeepOriginals { get; init; }

    /// <summary>The name under which <see cref="KeepOriginals"/> delivers a column as it is.</summary>
    public static string OriginalName(string column) => $"\u0001{column}";
}
