using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Appends label and prediction to scored rows; input columns of these names are replaced.</summary>
/// <param name="description">Names the two columns.</param>
sealed class PredictionColumns(ModelDescription description)
{
    /// <summary>The rows with the two columns at the end; shares the memory of <paramref name="rows"/>.</summary>
    /// <param name="rows">B rows.</param>
    /// <param name="predictions">Shape (B).</param>
    /// <param name="labels">Shape (B), or empty: then there is no label column.</param>
    public RecordBatch Append(RecordBatch rows, ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels)
    {
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        for (int i = 0; i < rows.ColumnCount; i++)
        {
            Field field = rows.Schema.GetFieldByIndex(i);
            if (field.Name == description.LabelColumn || field.Name == description.PredictionColumn) continue;
            fields.Add(field);
            columns.Add(rows.Column(i));
        }

        if (!labels.IsEmpty) Add(description.LabelColumn, labels);
        Add(description.PredictionColumn, predictions);
        return new RecordBatch(new Schema(fields, null), columns, rows.Length);

        void Add(string name, ReadOnlySpan<float> values)
        {
            var builder = new DoubleArray.Builder().Reserve(values.Length);
            foreach (float value in values) builder.Append(value);
            fields.Add(new Field(name, DoubleType.Default, nullable: false));
            columns.Add(builder.Build());
        }
    }
}
