using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>A small click log as a Parquet file in a temporary folder: user, item and price, whose label depends on both ids. Seeded.</summary>
sealed class ClickFrame : IDisposable
{
    public ClickFrame(int rows, ulong seed = 1)
    {
        Directory.CreateDirectory(Folder);
        var users = new StringArray.Builder();
        var items = new StringArray.Builder();
        var prices = new DoubleArray.Builder();
        var labels = new Int32Array.Builder();
        for (ulong i = 0; i < (ulong)rows; i++)
        {
            ulong user = CounterRandom.Draw(seed, 4 * i) % 40, item = CounterRandom.Draw(seed, (4 * i) + 1) % 25;
            double logit = (CounterRandom.Normal(7, user) * 1.5) + (CounterRandom.Normal(8, item) * 1.5);
            users.Append($"u{user}");
            items.Append($"i{item}");
            prices.Append(Math.Round(CounterRandom.Uniform(seed, (4 * i) + 2) * 100, 2));
            labels.Append(CounterRandom.Uniform(seed, (4 * i) + 3) < 1 / (1 + Math.Exp(-logit)) ? 1 : 0);
        }

        Schema schema = new([
            new Field("user", StringType.Default, true), new Field("item", StringType.Default, true),
            new Field("price", DoubleType.Default, true), new Field("clicked", Int32Type.Default, true)], null);
        using RecordBatchWriter writer = RecordBatchWriter.Create(Path, schema);
        writer.Write(new RecordBatch(schema, [users.Build(), items.Build(), prices.Build(), labels.Build()], rows));
        writer.Complete();
    }

    public static FeatureSpec Features { get; } = FeatureColumns.Categorical("user", "item").Numeric(NumericEncoding.Log2, "price").Spec;

    public string Folder { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"metaspore-spark-{Guid.NewGuid():N}");

    public string Path => System.IO.Path.Combine(Folder, "rows.parquet");

    public string Out(string name) => System.IO.Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
