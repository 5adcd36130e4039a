using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Features;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Features;

/// <summary>
/// The encodings of numbers, proven on real data: keys numbered by first appearance in the training rows must give the
/// CRC-32 values that the reference implementations of the accuracy protocol recorded.
/// </summary>
[Trait("Category", Golden.Category)]
public sealed class AccuracyProtocolTests
{
    static readonly int[] s_adultNumbers = [0, 2, 4, 10, 11, 12];
    static readonly int[] s_censusNumbers = [0, 5, 16, 17, 18, 30, 39];
    static readonly int[] s_censusColumns = [.. Enumerable.Range(0, 41).Where(column => column != 24)];

    [Theory]
    [InlineData(NumericEncoding.Log2, "7d123112")]
    [InlineData(NumericEncoding.Quantile, "374b0dd7")]
    [InlineData(NumericEncoding.Value, "82a5aa76")]
    public void Keys_Adult_IdsOfTheReference(NumericEncoding encoding, string crc)
    {
        string[][] rows = [.. Csv("adult-train.csv.gz"), .. Csv("adult-test.csv.gz")];
        Assert.Equal(crc, IdChecksum(rows, [.. Enumerable.Range(0, 14)], s_adultNumbers, encoding, trainingRows: 29304));
    }

    [Theory]
    [InlineData(NumericEncoding.Log2, "1f000c70")]
    [InlineData(NumericEncoding.Value, "4f033061")]
    public void Keys_Census_IdsOfTheReference(NumericEncoding encoding, string crc) =>
        Assert.Equal(crc, IdChecksum(Csv("census-income.csv.gz"), s_censusColumns, s_censusNumbers, encoding, trainingRows: 69833));

    [Fact]
    public void Keys_CensusNeverMarried_IdsOfTheReference()
    {
        int[] columns = [.. s_censusColumns.Where(column => column != 7)];
        Assert.Equal("55dedb77", IdChecksum(Csv("census-income.csv.gz"), columns, s_censusNumbers, NumericEncoding.Log2, trainingRows: 69833));
    }

    [Fact]
    public void Keys_Frappe_IdsOfTheReference()
    {
        string[][] rows = [.. Lines("frappe-57722.libfm.gz").Concat(Lines("frappe-28860.libfm.gz")).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal("988b4876", IdChecksum(rows, [.. Enumerable.Range(1, 10)], [], NumericEncoding.Log2, trainingRows: 51949));
    }

    [Fact]
    public void Keys_Taobao_IdsOfTheReference() =>
        Assert.Equal("18a33d3c", IdChecksum(Csv("taobao-10000.csv.gz"), [.. Enumerable.Range(2, 15), 19], [19], NumericEncoding.Log2, trainingRows: 7000));

    static string IdChecksum(string[][] rows, int[] columns, int[] numbers, NumericEncoding encoding, int trainingRows)
    {
        var spec = new FeatureSpec
        {
            Categorical = [.. columns.Except(numbers).Select(Name)],
            Numeric = numbers.Length == 0 ? [] : [new NumericColumns([.. numbers.Select(Name)], encoding)],
        };
        spec.Validate();
        var fitter = new FeatureFitter(spec);
        foreach (string[][] chunk in rows.Take(trainingRows).Chunk(1000)) fitter.Accumulate(Batch(chunk, columns, numbers));
        var schema = new CombineSchema([.. columns.Select(column => new CombineFeature([Name(column)]))]);
        var extractor = new FeatureExtractor(HashMode.XxHash3, [schema], fitter.ToState());
        var dictionaries = columns.Select(_ => new Dictionary<ulong, int>()).ToArray();
        using var target = new SparseBatch();
        var crc = new Crc32();
        int row = 0;
        foreach (string[][] chunk in rows.Chunk(4096))
        {
            extractor.Extract(Batch(chunk, columns, numbers), [target]);
            int[] ids = new int[target.IndexCount];
            for (int slot = 0; slot < ids.Length; slot++)
            {
                Dictionary<ulong, int> dictionary = dictionaries[slot % columns.Length];
                ulong key = target.UniqueKeySpan[target.IndexSpan[slot]];
                if (row + (slot / columns.Length) < trainingRows) dictionary.TryAdd(key, dictionary.Count + 1);
                ids[slot] = dictionary.GetValueOrDefault(key);
            }

            crc.Append(MemoryMarshal.AsBytes(ids.AsSpan()));
            row += chunk.Length;
        }

        return crc.GetCurrentHashAsUInt32().ToString("x8", CultureInfo.InvariantCulture);
    }

    static string Name(int column) => "c" + column.ToString(CultureInfo.InvariantCulture);

    static RecordBatch Batch(string[][] rows, int[] columns, int[] numbers)
    {
        var batch = new RecordBatch.Builder();
        foreach (int column in columns)
        {
            IArrowArray array = numbers.Contains(column)
                ? new DoubleArray.Builder().AppendRange(rows.Select(row => row[column].Length == 0 ? double.NaN : double.Parse(row[column], CultureInfo.InvariantCulture))).Build()
                : new StringArray.Builder().AppendRange(rows.Select(row => row[column])).Build();
            batch.Append(Name(column), true, array);
        }

        return batch.Build();
    }

    static string[][] Csv(string name) => [.. Lines(name).Select(line => line.Split(',', StringSplitOptions.TrimEntries))];

    static List<string> Lines(string name)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Golden.DataFile(name)), CompressionMode.Decompress));
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line)) lines.Add(line);
        }

        return lines;
    }
}
