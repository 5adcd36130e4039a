using System.Buffers.Binary;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// How a row of a table lies in a file: D weights, k·D states, padding up to a multiple of A, then the age as int32 in a
/// field of A bytes, where A is the size of an element but at least 4. Little-endian.
/// </summary>
/// <param name="ElementType">Type of weights and states.</param>
/// <param name="Dimension">Weights of a row (D), at least 1.</param>
/// <param name="StatesPerParameter">States for each weight (k), at least 0.</param>
public readonly record struct TableRowFormat(ElementType ElementType, int Dimension, int StatesPerParameter)
{
    /// <summary>Bytes of an element, 4 or 8.</summary>
    public int ElementBytes => ElementType.ByteSize();

    /// <summary>Bytes of the weights.</summary>
    public int DataBytes => checked(Dimension * ElementBytes);

    /// <summary>Bytes of the states.</summary>
    public int StateBytes => checked(DataBytes * StatesPerParameter);

    /// <summary>Bytes of weights and states.</summary>
    public int ValueBytes => checked(DataBytes + StateBytes);

    /// <summary>Offset of the age in a row.</summary>
    public int AgeOffset => checked(ValueBytes + AgeBytes - 1) & -AgeBytes;

    /// <summary>Bytes of a row.</summary>
    public int RowBytes => checked(AgeOffset + AgeBytes);

    int AgeBytes => Math.Max(ElementBytes, sizeof(int));

    /// <summary>The format of a table's rows.</summary>
    public static TableRowFormat Of(SparseTableSpec table) =>
        new(table.ElementType, table.Dimension, table.Updater.StatesPerParameter);

    /// <summary>Splits rows of a file into packed values and ages.</summary>
    /// <param name="rows">Shape (N), <see cref="RowBytes"/> each.</param>
    /// <param name="values">Shape (N), <see cref="ValueBytes"/> each, written.</param>
    /// <param name="ages">Shape (N), written.</param>
    public void Unpack(ReadOnlySpan<byte> rows, Span<byte> values, Span<int> ages)
    {
        int row = RowBytes, value = ValueBytes, age = AgeOffset;
        for (int i = 0; i < ages.Length; i++)
        {
            ReadOnlySpan<byte> source = rows.Slice(i * row, row);
            source[..value].CopyTo(values[(i * value)..]);
            ages[i] = BinaryPrimitives.ReadInt32LittleEndian(source[age..]);
        }
    }

    /// <summary>The age of a row that begins with the weights of this format and has any number of states.</summary>
    /// <param name="row">A whole row of the file.</param>
    /// <returns>0 for weights alone.</returns>
    public int AgeOf(ReadOnlySpan<byte> row) =>
        row.Length == DataBytes ? 0 : BinaryPrimitives.ReadInt32LittleEndian(row[^AgeBytes..]);

    /// <summary>Checks that rows of <paramref name="rowBytes"/> bytes are rows of this format.</summary>
    /// <exception cref="BadInputException">They are not; the message says which format they could have.</exception>
    public void RequireRows(string table, string path, int rowBytes)
    {
        if (rowBytes == RowBytes) return;
        string where = $"table '{table}', file '{path}': expected rows of {RowBytes} bytes ({Describe(StatesPerParameter)} and an age), "
            + $"found rows of {rowBytes} bytes";
        if (rowBytes == DataBytes)
        {
            throw new BadInputException($"{where}: weights alone, as in an exported table; import it for its weights only (data only)");
        }

        if (StatesOf(rowBytes) is { } states)
        {
            throw new BadInputException($"{where} ({Describe(states)}): it was trained with an updater that keeps another number of "
                + "states; use that updater, or load the weights alone and start with fresh states");
        }

        throw new BadInputException($"{where}: another embedding size or element type; use the model options of the checkpoint");
    }

    /// <summary>Checks that rows of <paramref name="rowBytes"/> bytes begin with the weights of this format, whatever follows.</summary>
    /// <exception cref="BadInputException">They don't.</exception>
    public void RequireWeights(string table, string path, int rowBytes)
    {
        if (rowBytes == DataBytes || StatesOf(rowBytes) is not null) return;
        throw new BadInputException($"table '{table}', file '{path}': expected rows of {DataBytes} bytes (weights alone), or of {DataBytes} "
            + $"bytes times 1 or more and an age of {AgeBytes} bytes, found rows of {rowBytes} bytes: another embedding size or "
            + "element type; use the model options of the checkpoint");
    }

    // The k of a row of this D and element type; null when there is none.
    int? StatesOf(int rowBytes)
    {
        int states = rowBytes - AgeBytes - DataBytes;
        return states >= 0 && states % DataBytes == 0 ? states / DataBytes : null;
    }

    string Describe(int states) =>
        $"{Dimension} {(ElementType == ElementType.Float64 ? "float64" : "float32")} weight{(Dimension == 1 ? "" : "s")} "
        + $"with {states} state{(states == 1 ? "" : "s")} each";
}
