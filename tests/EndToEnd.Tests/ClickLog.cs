using System.Globalization;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>A small click log in a temporary folder: user, item and price, whose label depends on both ids. Seeded.</summary>
sealed class ClickLog : IDisposable
{
    public ClickLog(int rows, ulong seed = 1)
    {
        Directory.CreateDirectory(Folder);
        using StreamWriter file = new(Path.Combine(Folder, "rows.csv"));
        file.Write("user,item,price,clicked\n");
        for (ulong i = 0; i < (ulong)rows; i++)
        {
            ulong user = CounterRandom.Draw(seed, 4 * i) % 40, item = CounterRandom.Draw(seed, (4 * i) + 1) % 25;
            double price = Math.Round(CounterRandom.Uniform(seed, (4 * i) + 2) * 100, 2);
            double logit = (CounterRandom.Normal(7, user) * 1.5) + (CounterRandom.Normal(8, item) * 1.5);
            int label = CounterRandom.Uniform(seed, (4 * i) + 3) < 1 / (1 + Math.Exp(-logit)) ? 1 : 0;
            file.Write(string.Create(CultureInfo.InvariantCulture, $"u{user},i{item},{price},{label}\n"));
        }
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"metaspore-e2e-{Guid.NewGuid():N}");

    public LocalDataset Rows => LocalDataset.Csv(Path.Combine(Folder, "rows.csv")) with { Header = true, Label = new LabelRule("clicked") };

    public string Out(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
