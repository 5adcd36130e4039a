using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.EndToEnd.Tests.OriginalModels;

/// <summary>The recorded rows and predictions of the original.</summary>
static class RecordedRows
{
    /// <summary>Writes rows of JSON lines (null, "" and lists with both) as an Arrow file.</summary>
    public static LocalDataset Convert(string jsonLines, string[] texts, string[] lists, string path)
    {
        JsonElement[] rows = [.. File.ReadLines(jsonLines).Select(line => JsonDocument.Parse(line).RootElement)];
        RecordBatch.Builder batch = new RecordBatch.Builder()
            .Append("label", false, new DoubleArray.Builder().AppendRange(rows.Select(row => row.GetProperty("label").GetDouble())).Build());
        foreach (string column in texts)
        {
            var builder = new StringArray.Builder();
            foreach (JsonElement row in rows) builder.Append(row.GetProperty(column).GetString());
            batch.Append(column, true, builder.Build());
        }

        foreach (string column in lists)
        {
            var builder = new ListArray.Builder(StringType.Default);
            foreach (JsonElement row in rows) Append(builder, row.GetProperty(column));
            batch.Append(column, true, builder.Build());
        }

        using RecordBatch built = batch.Build();
        using FileStream file = File.Create(path);
        using var writer = new ArrowFileWriter(file, built.Schema);
        writer.WriteRecordBatch(built);
        writer.WriteEnd();
        return LocalDataset.Arrow(path) with { Label = new LabelRule("label") };
    }

    /// <summary>Label and prediction of each row, as recorded.</summary>
    public static (double Label, double Prediction)[] Predictions(string path, char separator = '\t')
    {
        string[] lines = File.ReadAllLines(path);
        string[] header = lines[0].Split(separator);
        (int label, int prediction) = (System.Array.IndexOf(header, "label"), System.Array.IndexOf(header, "rawPrediction"));
        return [.. lines.Skip(1).Select(line => line.Split(separator)).Select(cells =>
            (double.Parse(cells[label], CultureInfo.InvariantCulture), double.Parse(cells[prediction], CultureInfo.InvariantCulture)))];
    }

    /// <summary>Label and prediction of each row of a scored data set.</summary>
    public static async Task<(double Label, double Prediction)[]> PredictionsAsync(Dataset scored, CancellationToken cancellationToken)
    {
        var found = new List<(double, double)>();
        await foreach (RecordBatch batch in scored.ReadAsync(10, cancellationToken))
        {
            IArrowArray labels = batch.Column("label");
            var predictions = (DoubleArray)batch.Column("rawPrediction");
            for (int i = 0; i < batch.Length; i++) found.Add((Number(labels, i), predictions.GetValue(i)!.Value));
            batch.Dispose();
        }

        return [.. found];
    }

    static double Number(IArrowArray array, int row) =>
        array is FloatArray floats ? floats.GetValue(row)!.Value : ((DoubleArray)array).GetValue(row)!.Value;

    static void Append(ListArray.Builder builder, JsonElement cell)
    {
        if (cell.ValueKind == JsonValueKind.Null)
        {
            builder.AppendNull();
            return;
        }

        builder.Append();
        foreach (JsonElement element in cell.EnumerateArray()) ((StringArray.Builder)builder.ValueBuilder).Append(element.GetString());
    }
}
