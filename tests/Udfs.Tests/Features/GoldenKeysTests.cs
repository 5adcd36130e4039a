using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Features;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Features;

[Trait("Category", Golden.Category)]
public sealed class GoldenKeysTests
{
    public static TheoryData<string> Cases() =>
        [.. Golden.Cases("metaspore").Where(name => File.Exists(Golden.File("metaspore", name, "case.json")) && KeyFiles(name).Length > 0)];

    static string[] KeyFiles(string name) => Directory.GetFiles(Golden.File("metaspore", name), "*.keys.tsv");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Extract_RecordedRows_KeysOfTheOriginal(string name)
    {
        string[] files = KeyFiles(name);
        CombineSchema[] schemas =
            [.. files.Select(file => CombineSchemaParser.FromFile(file.Replace(".keys.tsv", ".schema.txt", StringComparison.Ordinal)))];
        RecordBatch batch = ReadRows(name);
        var extractor = new FeatureExtractor(HashMode.MetaSpore, schemas);
        SparseBatch[] targets = [.. schemas.Select(_ => new SparseBatch())];

        extractor.Extract(batch, targets);

        for (int i = 0; i < files.Length; i++)
        {
            string[] lines = File.ReadAllLines(files[i]);
            Assert.Equal((batch.Length * schemas[i].Features.Count) + 1, lines.Length);
            foreach (string line in lines.Skip(1))
            {
                string[] cells = line.Split('\t');
                int slot = (int.Parse(cells[0], CultureInfo.InvariantCulture) * schemas[i].Features.Count) + int.Parse(cells[1], CultureInfo.InvariantCulture);
                Assert.Equal(cells[2].Split(' ').Select(key => ulong.Parse(key, CultureInfo.InvariantCulture)), SlotKeys(targets[i], slot));
            }
        }
    }

    static ulong[] SlotKeys(SparseBatch batch, int slot)
    {
        ulong[] unique = batch.UniqueKeySpan.ToArray();
        return [.. batch.IndexSpan[batch.Offsets[slot]..batch.Offsets[slot + 1]].ToArray().Select(index => unique[index])];
    }

    static RecordBatch ReadRows(string name)
    {
        JsonElement columns = JsonDocument.Parse(File.ReadAllText(Golden.File("metaspore", name, "case.json"))).RootElement.GetProperty("columns");
        JsonElement[] rows = [.. File.ReadLines(Golden.File("metaspore", name, "test.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        var batch = new RecordBatch.Builder();
        foreach (string column in columns.GetProperty("strings").EnumerateArray().Select(element => element.GetString()!))
        {
            var builder = new StringArray.Builder();
            foreach (JsonElement row in rows) Append(builder, row.GetProperty(column));
            batch.Append(column, true, builder.Build());
        }

        foreach (string column in columns.GetProperty("stringLists").EnumerateArray().Select(element => element.GetString()!))
        {
            var builder = new ListArray.Builder(StringType.Default);
            foreach (JsonElement row in rows) AppendList(builder, row.GetProperty(column));
            batch.Append(column, true, builder.Build());
        }

        return batch.Build();
    }

    static void AppendList(ListArray.Builder builder, JsonElement cell)
    {
        if (cell.ValueKind == JsonValueKind.Null)
        {
            builder.AppendNull();
            return;
        }

        builder.Append();
        foreach (JsonElement element in cell.EnumerateArray()) Append((StringArray.Builder)builder.ValueBuilder, element);
    }

    static void Append(StringArray.Builder builder, JsonElement cell)
    {
        if (cell.ValueKind == JsonValueKind.Null) builder.AppendNull();
        else builder.Append(cell.GetString()!);
    }
}
