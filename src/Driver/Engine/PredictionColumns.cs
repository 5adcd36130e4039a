using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>
/// Makes results of scored rows: every input column as it is, then label and prediction; input columns of these names are replaced.
/// </summary>
/// <param name="description">Names the two columns.</param>
sealed class PredictionColumns(ModelDescription description)
{
    /// <summary>The rows with the two columns at the end; shares the memory of <paramref name="rows"/>.</summary>
    /// <param name="rows">B rows, read with <see cref="DatasetSpec.KeepOriginals"/>.</param>
    /// <param name="predictions">Shape (B).</param>
    /// <param name="labels">Shape (B), NaN where there is none; or empty: then there is no label column.</param>
    public RecordBatch Append(RecordBatch rows, ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels)
    {
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        IReadOnlyList<Field> all = rows.Schema.FieldsList;
        for (int i = 0; i < all.Count; i++)
        {
            string name = all[i].Name;
            if (i + 1 < all.Count && all[i + 1].Name == DatasetSpec.OriginalName(name)) i++;
            if (name == description.LabelColumn || name == description.PredictionColumn) continue;
            fields.Add(new Field(name, all[i].DataType, all[i].IsNullable));
            columns.Add(rows.Column(i));
        }

        if (!labels.IsEmpty) Add(description.LabelColumn, labels);
        Add(description.PredictionColumn, predictions);
        return new RecordBatch(new Schema(fields, null), columns, rows.Length);

        void Add(string name, ReadOnlySpan<float> values)
        {
            var builder = new DoubleArray.Builder().Reserve(values.Length);
            foreach (float value in values)
            {
                if (float.IsNaN(value) && name == description.LabelColumn) builder.AppendNull();
                else builder.Append(value);
            }

            fields.Add(new Field(name, DoubleType.Default, nullable: name == description.LabelColumn));
            columns.Add(builder.Build());
        }
    }
}
