using System.Buffers.Binary;
using System.Text;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

public sealed class TableFileTests : IDisposable
{
    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1024)]
    [InlineData(1025, 2048)]
    [InlineData(200_000, 262_144)]
    public void Write_ManyRows_FindsEveryKeyByItsChain(int count, int buckets)
    {
        Random random = new(7);
        List<(ulong Key, byte[] Row)> rows = [.. Enumerable.Range(0, count)
            .Select(i => ((ulong)random.NextInt64() * 3, BitConverter.GetBytes(i))).DistinctBy(r => r.Item1)];
        TableFileWriter.Write(_folder["t"], new MemoryRows(4, rows), cancellationToken: TestContext.Current.CancellationToken);
        using TableFileReader reader = TableFileReader.Open(_folder["t"]);
        Assert.Equal(buckets, reader.Header.BucketCount);
        reader.CheckIndex();
        byte[] file = File.ReadAllBytes(_folder["t"]);
        for (int i = 0; i < rows.Count; i++)
        {
            // A walk written from the format's description: first, then next, until the key is met.
            ulong key = rows[i].Key;
            ulong folded = (key % (1UL << 31)) + (key >> 31);
            folded = folded >= int.MaxValue ? folded - int.MaxValue : folded;
            uint at = U32(file, reader.Header.FirstOffset + (4 * (long)(folded % (ulong)buckets)));
            while (at != uint.MaxValue && BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan((int)(96 + (8 * at)))) != key)
                at = U32(file, reader.Header.NextOffset + (4 * at));
            Assert.Equal((uint)i, at);
            Assert.Equal((uint)i, U32(file, reader.Header.RowsOffset + (4 * at)));
        }
    }

    [Theory]
    [InlineData(0, 0x12, "expected the signature")]
    [InlineData(31, 1, "expected the signature")]
    [InlineData(32, 3, "expected version 4 at byte 32, found 3")]
    [InlineData(40, 1, "optimised tables are made for serving only")]
    [InlineData(40, 2, "expected 0 or 1 at byte 40")]
    [InlineData(48, 6, "expected 64-bit keys (type 7 at byte 48), found type 6")]
    [InlineData(48, 9, "expected 64-bit keys")]
    [InlineData(56, 10, "expected a value type from 0 to 9 at byte 56, found 10")]
    [InlineData(64, 3, "expected 3 keys × 28 = 84 values (byte 80), found 56")]
    [InlineData(72, 0, "expected")]
    [InlineData(77, 9, "expected at most 4294967295 buckets")]
    [InlineData(70, 1, "expected fewer than 4294967295 keys")]
    [InlineData(88, 0, "expected 1 or more values a row")]
    [InlineData(92, 1, "expected 1 or more values a row, at most 1 GiB")]
    public void Open_ChangedHeader_SaysWhatIsWrong(int offset, byte value, string expected)
    {
        byte[] content = Two();
        content[offset] = value;
        if (offset == 72) content[73] = 0;
        File.WriteAllBytes(_folder["t"], content);
        BadInputException error = Assert.Throws<BadInputException>(() => TableFileReader.Open(_folder["t"]));
        Assert.StartsWith($"table file '{_folder["t"]}': ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CutOrLonger_SaysTheLength()
    {
        byte[] content = Two();
        File.WriteAllBytes(_folder["t"], content[..^1]);
        Assert.Contains(
            $"expected {content.Length} bytes (2 rows of 28 bytes, 1024 buckets), found {content.Length - 1}: it is cut off",
            Assert.Throws<BadInputException>(() => TableFileReader.Open(_folder["t"])).Message, StringComparison.Ordinal);
        File.WriteAllBytes(_folder["t"], [.. content, 0]);
        Assert.Contains($"found {content.Length + 1}: it is damaged", Assert.Throws<BadInputException>(() => TableFileReader.Open(_folder["t"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckIndex_LinkOutsideTheTable_NamesIt()
    {
        byte[] content = Two();
        content[^4] = 2;
        content.AsSpan(content.Length - 3, 3).Clear();
        File.WriteAllBytes(_folder["t"], content);
        using TableFileReader reader = TableFileReader.Open(_folder["t"]);
        Assert.Contains("first[1023] at byte", Assert.Throws<BadInputException>(reader.CheckIndex).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FloatValues_CountsTheirBytes()
    {
        byte[] content = Two();
        content[56] = 8;
        content[88] = 7;
        content[80] = 14;
        File.WriteAllBytes(_folder["t"], content);
        using TableFileReader reader = TableFileReader.Open(_folder["t"]);
        Assert.Equal(28, reader.RowBytes);
    }

    [Fact]
    public void Open_PrimeBucketCount_ReadsRows()
    {
        MemoryRows rows = new(4, [(1, [1, 2, 3, 4]), (2, [5, 6, 7, 8])]);
        TableFileWriter.Write(_folder["t"], rows, 4, TestContext.Current.CancellationToken);
        byte[] content = File.ReadAllBytes(_folder["t"]);
        content[72] = 3;
        File.WriteAllBytes(_folder["t"], content[..^4]);
        using TableFileReader reader = TableFileReader.Open(_folder["t"]);
        ulong[] keys = new ulong[2];
        reader.ReadKeys(0, keys);
        Assert.Equal([1, 2], keys);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadKeys(1, keys));
    }

    [Theory]
    [InlineData(ElementType.Float32, 4, 2, 52)]
    [InlineData(ElementType.Float32, 4, 1, 36)]
    [InlineData(ElementType.Float32, 4, 0, 20)]
    [InlineData(ElementType.Float64, 2, 2, 56)]
    public void RowBytes_OfMeasuredTables_Agrees(ElementType type, int dimension, int states, int expected) =>
        Assert.Equal(expected, new TableRowFormat(type, dimension, states).RowBytes);

    [Fact]
    public void RequireRows_OtherFormat_SaysWhichAndTheCure()
    {
        TableRowFormat format = new(ElementType.Float32, 4, 2);
        format.RequireRows("t", "f", 52);
        string Message(int bytes) => Assert.Throws<BadInputException>(() => format.RequireRows("t", "f", bytes)).Message;
        Assert.Contains("found rows of 36 bytes (4 float32 weights with 1 state each)", Message(36), StringComparison.Ordinal);
        Assert.Contains("start with fresh states", Message(36), StringComparison.Ordinal);
        Assert.Contains("weights alone, as in an exported table", Message(16), StringComparison.Ordinal);
        Assert.Contains("another embedding size or element type", Message(100 + 2), StringComparison.Ordinal);
        format.RequireWeights("t", "f", 16);
        format.RequireWeights("t", "f", 20);
        Assert.Contains("expected rows of 16 bytes", Assert.Throws<BadInputException>(() => format.RequireWeights("t", "f", 18)).Message, StringComparison.Ordinal);
    }

    // printf("%.7g") and printf("%.15g") of the same values.
    [Theory]
    [InlineData(0f, "0")]
    [InlineData(-0f, "-0")]
    [InlineData(1f, "1")]
    [InlineData(0.1f, "0.1")]
    [InlineData(100000f, "100000")]
    [InlineData(9999999f, "9999999")]
    [InlineData(10000001f, "1e+07")]
    [InlineData(0.0001f, "0.0001")]
    [InlineData(0.00001f, "1e-05")]
    [InlineData(0.1234567891f, "0.1234568")]
    [InlineData(1.0000005f, "1")]
    [InlineData(1234567.5f, "1234568")]
    [InlineData(1234566.5f, "1234566")]
    [InlineData(1e-45f, "1.401298e-45")]
    [InlineData(3.4028235e38f, "3.402823e+38")]
    [InlineData(float.PositiveInfinity, "inf")]
    [InlineData(float.NegativeInfinity, "-inf")]
    [InlineData(float.NaN, "-nan")]
    public void Format_Float_IsPrintfs(float value, string expected)
    {
        byte[] text = new byte[PrintfNumber.MaxLength];
        int length = PrintfNumber.Format(value, text);
        Assert.Equal(expected, Encoding.ASCII.GetString(text, 0, length));
        Assert.True(PrintfNumber.TryParse(text.AsSpan(0, length), out float parsed));
        Assert.True(value.Equals(parsed) || Math.Abs(value - parsed) <= 1e-6f * Math.Abs(value));
    }

    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(123456789012345678, "1.23456789012346e+17")]
    [InlineData(1e-5, "1e-05")]
    [InlineData(1e100, "1e+100")]
    [InlineData(0.30000000000000004, "0.3")]
    public void Format_Double_IsPrintfs(double value, string expected)
    {
        byte[] text = new byte[PrintfNumber.MaxLength];
        Assert.Equal(expected, Encoding.ASCII.GetString(text, 0, PrintfNumber.Format(value, text)));
    }

    static uint U32(byte[] file, long offset) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan((int)offset));

    byte[] Two()
    {
        MemoryRows rows = new(28, [(1, new byte[28]), (2, new byte[28])]);
        TableFileWriter.Write(_folder["two"], rows, cancellationToken: TestContext.Current.CancellationToken);
        return File.ReadAllBytes(_folder["two"]);
    }
}
