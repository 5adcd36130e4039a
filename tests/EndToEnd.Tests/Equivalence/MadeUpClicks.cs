using System.Globalization;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>One row: texts by column (a missing cell has none), and the label.</summary>
sealed record MadeUpClick(IReadOnlyDictionary<string, string[]> Texts, float Label);

/// <summary>Rows with missing cells, bags of up to three values with repetitions, and a label that depends on them. Seeded.</summary>
static class MadeUpClicks
{
    public static MadeUpClick[] Rows(int count)
    {
        var rows = new MadeUpClick[count];
        for (int i = 0; i < count; i++)
        {
            int draw = 0;
            ulong Below(ulong n) => CounterRandom.Draw(42, (ulong)((i * 10) + draw++)) % n;
            ulong user = Below(30), item = Below(20);
            string[] tags = [.. Enumerable.Range(0, (int)Below(4)).Select(_ => $"t{Below(6)}")];
            double logit = CounterRandom.Normal(7, user) + CounterRandom.Normal(8, item) + (tags.Contains("t1") ? 1 : -0.3);
            rows[i] = new MadeUpClick(
                new Dictionary<string, string[]>
                {
                    ["user"] = user == 0 ? [] : [$"u{user}"],
                    ["item"] = item == 0 ? [] : [$"i{item}"],
                    ["tags"] = tags,
                },
                Below(1000) / 1000.0 < 1 / (1 + Math.Exp(-logit)) ? 1 : 0);
        }

        return rows;
    }

    public static LocalDataset Write(IEnumerable<MadeUpClick> rows, string path)
    {
        File.WriteAllLines(path, rows.Select(row =>
            $"{string.Concat(row.Texts["user"])},{string.Concat(row.Texts["item"])},{string.Join('|', row.Texts["tags"])},{row.Label.ToString(CultureInfo.InvariantCulture)}"));
        return LocalDataset.Csv(path) with { Names = ["user", "item", "tags", "clicked"], Label = new LabelRule("clicked") };
    }
}
