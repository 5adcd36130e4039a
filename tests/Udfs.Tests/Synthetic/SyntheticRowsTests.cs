using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Synthetic;
using MetaSpore.Spark.Udfs.Tests.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Synthetic;

public sealed class SyntheticRowsTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Check sums of the specification syn-1.
    [Fact]
    public void Write_HundredThousandRows_CheckSumsOfTheSpecification()
    {
        string path = _folder.File("rows.tsv");
        SyntheticRows.Write(path, 100_000);
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal(29_051_189, bytes.Length);
        Assert.Equal(0xfbdf5b27u, Crc32.HashToUInt32(bytes));
        Assert.Equal(0xea4b8d99422533f2ul, XxHash64.HashToUInt64(bytes));
        Assert.Equal("6075FC418579C86A7F2C53A3E62D24F174E4F7570B8F86C5D293671D5EE65167", Convert.ToHexString(SHA256.HashData(bytes)));
    }

    [Fact]
    public void Logit_HundredThousandRows_CheckSumsOfTheSpecification()
    {
        double[] logits = new double[100_000];
        var row = new SyntheticRow();
        for (int i = 0; i < logits.Length; i++)
        {
            row.Make((ulong)i);
            logits[i] = row.Logit;
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<double>(logits);
        Assert.Equal(0xdceeb518u, Crc32.HashToUInt32(bytes));
        Assert.Equal(0x0b4d7c626f8e4810ul, XxHash64.HashToUInt64(bytes));
        Assert.Equal(logits[77], SyntheticRows.Logit(77));
    }

    [Fact]
    [Trait("Category", Golden.Category)]
    public void AppendLine_FirstRows_TextAndProbabilityOfTheOracle()
    {
        string[] lines = File.ReadAllLines(Golden.File("synthetic", "first20.csv"));
        Assert.Equal(string.Join(',', SyntheticRows.Names) + ",logit,probability", lines[0]);
        var row = new SyntheticRow();
        for (int i = 0; i < 20; i++)
        {
            row.Make((ulong)i);
            var text = new ArrayBufferWriter<byte>();
            SyntheticRows.AppendLine(row, text);
            string[] cells = lines[i + 1].Split(',');
            Assert.Equal(string.Join('\t', cells[..^2]) + "\n", System.Text.Encoding.ASCII.GetString(text.WrittenSpan));
            Assert.Equal(double.Parse(cells[^2], CultureInfo.InvariantCulture), row.Logit);
            Assert.Equal(cells[^1], row.Probability.ToString("F9", CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("rows.tsv.gz")]
    [InlineData("rows.tsv.zst")]
    [InlineData("rows.parquet")]
    public void Batches_SameRows_AsFiles(string name)
    {
        string path = _folder.File(name);
        SyntheticRows.Write(path, 5000);
        List<string> expected = Rows.Of(SyntheticRows.Batches(5000, 64));
        Assert.Equal(expected, Rows.Of(DatasetReader.Open(SyntheticRows.Spec(path)).ReadInOrder(1000)));
        Assert.Equal(expected[100..150], Rows.Of(SyntheticRows.Batches(50, 64, 100)));
    }

    [Fact]
    public void Write_NoRows_Error() =>
        Assert.Equal("rows: 0; expected at least 1", Assert.Throws<BadInputException>(() => SyntheticRows.Write(_folder.File("x.tsv"), 0)).Message);

    [Fact]
    public void Write_Cancelled_NothingLeft()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => SyntheticRows.Write(_folder.File("x.tsv"), 10, null, stop.Token));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
