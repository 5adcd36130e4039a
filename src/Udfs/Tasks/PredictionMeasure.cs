using Apache.Arrow;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Udfs.Features;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Puts the predictions and labels of rows into a metric.</summary>
public static class PredictionMeasure
{
    /// <summary>Adds B rows; those without a label don't count.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="rows">The rows, with both columns.</param>
    /// <param name="labelColumn">Column of labels.</param>
    /// <param name="predictionColumn">Column of predictions.</param>
    /// <exception cref="Model.Errors.BadInputException">A column is absent or holds no numbers.</exception>
    public static void Accumulate(ModelMetric metric, RecordBatch rows, string labelColumn, string predictionColumn)
    {
        double[] labels = new double[rows.Length], predictions = new double[rows.Length];
        NumberColumn.Read(rows.Column(FieldIndex.Of(rows.Schema, labelColumn)), labelColumn, labels);
        NumberColumn.Read(rows.Column(FieldIndex.Of(rows.Schema, predictionColumn)), predictionColumn, predictions);
        float[] label = new float[rows.Length], prediction = new float[rows.Length];
        int known = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            if (double.IsNaN(labels[i])) continue;
            label[known] = (float)labels[i];
            prediction[known++] = (float)predictions[i];
        }

        metric.Accumulate(prediction.AsSpan(0, known), label.AsSpan(0, known), double.NaN);
    }
}
