using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Gathers columns of numbers into rows of float32. Keeps its memory; not thread-safe.</summary>
/// <param name="columns">Column names (n of them), in the order of the result's.</param>
/// <param name="transform">What becomes of each number.</param>
public sealed class DenseExtractor(IReadOnlyList<string> columns, DenseTransform transform)
{
    readonly int[] _fieldIndexes = new int[columns.Count];
    Schema? _boundSchema;
    double[] _numbers = [];

    /// <summary>The columns (n of them).</summary>
    public IReadOnlyList<string> Columns => columns;

    /// <summary>Extracts one batch.</summary>
    /// <param name="batch">B rows; other columns are ignored.</param>
    /// <param name="values">Shape (B, n), row-major, written.</param>
    /// <exception cref="BadInputException">
    /// A column is absent or holds no numbers; or a number is missing or not finite and <see cref="DenseTransform.None"/> would pass it on.
    /// </exception>
    public void Extract(RecordBatch batch, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, batch.Length * columns.Count, nameof(values));
        Bind(batch.Schema);
        if (_numbers.Length < batch.Length) _numbers = GC.AllocateUninitializedArray<double>(batch.Length + (batch.Length >> 1));
        Span<double> numbers = _numbers.AsSpan(0, batch.Length);
        for (int i = 0; i < _fieldIndexes.Length; i++)
        {
            NumberColumn.Read(batch.Column(_fieldIndexes[i]), columns[i], numbers);
            if (transform == DenseTransform.SignedLog) SignedLog(numbers, values[i..], columns.Count);
            else Copy(numbers, values[i..], columns.Count, columns[i]);
        }
    }

    void Bind(Schema schema)
    {
        if (ReferenceEquals(schema, _boundSchema)) return;
        for (int i = 0; i < _fieldIndexes.Length; i++) _fieldIndexes[i] = FieldIndex.Of(schema, columns[i]);
        _boundSchema = schema;
    }

    static void SignedLog(ReadOnlySpan<double> numbers, Span<float> values, int stride)
    {
        for (int row = 0; row < numbers.Length; row++)
        {
            double number = numbers[row];
            values[row * stride] = double.IsNaN(number) ? 0 : (float)Math.CopySign(Math.Log(1 + Math.Abs(number)), number);
        }
    }

    static void Copy(ReadOnlySpan<double> numbers, Span<float> values, int stride, string column)
    {
        for (int row = 0; row < numbers.Length; row++)
        {
            float value = (float)numbers[row];
            if (!float.IsFinite(value))
            {
                string found = double.IsNaN(numbers[row]) ? "no value" : $"{numbers[row]:R}, beyond float32";
                throw new BadInputException(
                    $"column '{column}', row {row} of the batch: {found}; the network's input needs a finite number: fill the cell, "
                    + "or use the dense encoding, where a missing value is 0");
            }

            values[row * stride] = value;
        }
    }
}
