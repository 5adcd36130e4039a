using System.IO.Compression;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

public sealed class RowCountEstimateTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static RowCountEstimate? Estimate(DatasetSpec spec) => DatasetReader.Open(spec with { KeepOtherColumns = true }).EstimateRowCount();

    DatasetSpec Text(string name, string text, bool header = false) =>
        new() { Inputs = [new(_folder.Write(name, Encoding.UTF8.GetBytes(text)))], Names = ["a"], Header = header };

    [Theory]
    [InlineData("1\n2\n3\n", false, 3)]
    [InlineData("1\r\n2\r\n\r\n3", false, 3)]
    [InlineData("a\n1\n2\n", true, 2)]
    public void Estimate_SmallText_IsExact(string text, bool header, long rows) =>
        Assert.Equal(new RowCountEstimate(rows, true), Estimate(Text("rows.csv", text, header)));

    [Fact]
    public void Estimate_RowRange_IsItsLength()
    {
        DatasetSpec spec = Text("rows.csv", "1\n2\n3\n4\n");
        Assert.Equal(new RowCountEstimate(2, true), Estimate(spec with { Inputs = [spec.Inputs[0] with { FirstRow = 1, LastRow = 2 }] }));
        Assert.Equal(new RowCountEstimate(3, true), Estimate(spec with { Inputs = [spec.Inputs[0] with { FirstRow = 1 }] }));
    }

    [Theory]
    [InlineData("rows.csv")]
    [InlineData("rows.csv.gz")]
    public void Estimate_LargeText_IsNear(string name)
    {
        const int Rows = 1_500_000;
        string path = _folder.Write(name, []);
        using (Stream file = File.Create(path))
        using (Stream stored = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file)
        using (StreamWriter writer = new(stored))
        {
            for (int i = 0; i < Rows; i++) writer.Write($"{i * 7919L % 1_000_000:D6}\n");
        }

        RowCountEstimate estimate = Estimate(new() { Inputs = [new(path)], Names = ["a"] })!.Value;
        Assert.False(estimate.IsExact);
        Assert.InRange(estimate.Rows, Rows * 0.97, Rows * 1.03);
    }

    [Fact]
    public void Estimate_Parquet_IsExact()
    {
        string path = _folder.Write("rows.parquet", []);
        Schema schema = new([new Field("a", Int32Type.Default, false)], null);
        using (RecordBatchWriter writer = RecordBatchWriter.Create(path, schema))
        {
            writer.Write(new RecordBatch(schema, [new Int32Array.Builder().AppendRange([1, 2, 3]).Build()], 3));
            writer.Complete();
        }

        Assert.Equal(new RowCountEstimate(3, true), Estimate(new() { Inputs = [new(path)] }));
    }
}
