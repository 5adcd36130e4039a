using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Reads the labels of a batch. Keeps its memory; not thread-safe.</summary>
/// <param name="column">The label's column.</param>
/// <param name="anyNumber">Accept any finite number; otherwise a label must be 0 or 1.</param>
/// <param name="mayBeMissing">Accept rows without a value, as NaN: scoring does not need it.</param>
public sealed class LabelExtractor(string column, bool anyNumber = false, bool mayBeMissing = false)
{
    double[] _numbers = [];

    /// <summary>The label's column.</summary>
    public string Column => column;

    /// <summary>Whether the rows have the label's column.</summary>
    public bool IsIn(RecordBatch batch) => batch.Schema.FieldsList.Any(field => string.Equals(field.Name, column, StringComparison.Ordinal));

    /// <summary>Reads the labels.</summary>
    /// <param name="batch">B rows.</param>
    /// <param name="labels">Shape (B), written.</param>
    /// <exception cref="BadInputException">The column is absent or no number, or a label is missing or not allowed.</exception>
    public void Extract(RecordBatch batch, Span<float> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(labels.Length, batch.Length, nameof(labels));
        if (_numbers.Length < labels.Length) _numbers = GC.AllocateUninitializedArray<double>(labels.Length + (labels.Length >> 1));
        Span<double> numbers = _numbers.AsSpan(0, labels.Length);
        NumberColumn.Read(batch.Column(FieldIndex.Of(batch.Schema, column)), column, numbers);
        for (int row = 0; row < labels.Length; row++)
        {
            double number = numbers[row];
            if (double.IsNaN(number) && mayBeMissing)
            {
                labels[row] = float.NaN;
                continue;
            }

            if (anyNumber ? !float.IsFinite((float)number) : number is not (0 or 1))
            {
                throw new BadInputException(
                    $"label column '{column}', row {row} of the batch: {(double.IsNaN(number) ? "no value" : $"{number:R}")}; expected "
                    + (anyNumber ? "a finite number" : "0 or 1; name the positive or negative values in the label rule, or use another loss"));
            }

            labels[row] = (float)number;
        }
    }
}
