using System.Text;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>A text file that was opened, its column names known and its first row next.</summary>
sealed class TextFile : IDisposable
{
    /// <summary>Opens a file and finds its names.</summary>
    /// <exception cref="BadInputException">The file can't be read, or its columns have no names.</exception>
    public TextFile(DatasetSpec spec, DataFile file)
    {
        Path = file.Path;
        Splitter = new(InputStreams.Open(file.Path), file.Path, TextSyntax.Of(spec, file.Format));
        try
        {
            Names = FindNames(spec, file.Format);
        }
        catch
        {
            Splitter.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Splits the file.</summary>
    public TextSplitter Splitter { get; }

    /// <summary>The columns by position; empty when an empty file has no names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether the file has no row.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>The error for a row with another number of fields than names.</summary>
    public BadInputException WrongCount() => new(
        $"{Path}, line {Splitter.Line}: {Splitter.FieldCount} fields, expected {Names.Count} ({Names[0]} … {Names[^1]}); "
        + "correct the line, or check the delimiter, the quotes and the column names");

    /// <inheritdoc/>
    public void Dispose() => Splitter.Dispose();

    /// <summary>Whether the value of a <c>token:value</c> is 1.</summary>
    public static bool IsOne(ReadOnlySpan<byte> value) =>
        value is [(byte)'1'] || (NumberColumnBuilder.TryParse(value, out double number) && number == 1);

    /// <summary>What is wrong with a <c>token:value</c> whose value is not 1.</summary>
    public static string WeightProblem(ReadOnlySpan<byte> cell) =>
        $"expected 'token:1', found '{NumberColumnBuilder.Shown(cell)}'; a feature can't have a weight: "
        + "write the token alone or with the value 1, and numbers as columns of a csv file";

    IReadOnlyList<string> FindNames(DatasetSpec spec, DataFormat format)
    {
        if (format == DataFormat.LibSvm)
        {
            PeekRow();
            return ["label", "features"];
        }

        if (spec.Header && format != DataFormat.LibFm)
        {
            if (!Splitter.ReadRow())
            {
                IsEmpty = true;
                return spec.Names ?? [];
            }

            string[] header = [.. Enumerable.Range(0, Splitter.FieldCount).Select(i => Encoding.UTF8.GetString(Splitter.Field(i)))];
            long line = Splitter.Line;
            if (spec.Names is { } names && names.Count != header.Length)
            {
                throw new BadInputException(
                    $"{Path}, line {line}: the header has {header.Length} columns, but names lists {names.Count}; make them agree");
            }

            PeekRow();
            return spec.Names ?? header;
        }

        PeekRow();
        if (spec.Names is not null) return spec.Names;
        if (format == DataFormat.LibFm)
            return IsEmpty ? [] : ["label", .. Enumerable.Range(0, Math.Max(0, Splitter.FieldCount - 1)).Select(i => $"f{i}")];
        throw new BadInputException(
            $"{Path}: the columns have no names; list them under names, or say header: true if the first line has them");
    }

    void PeekRow()
    {
        IsEmpty = !Splitter.Peek();
    }
}
