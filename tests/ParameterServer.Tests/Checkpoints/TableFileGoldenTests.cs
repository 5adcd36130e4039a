using System.Globalization;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>Table files that MetaSpore wrote: read value by value, written byte by byte.</summary>
[Trait("Category", Golden.Category)]
public sealed class TableFileGoldenTests
{
    public static TheoryData<string> Cases() => [.. Golden.Cases("metaspore")];

    public static TheoryData<string> DecodedCases() =>
        [.. Golden.Cases("metaspore").Where(c => Directory.EnumerateFiles(Golden.File("metaspore", c), "*.table.tsv").Any())];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cases))]
    public void Write_RowsOfEveryBinaryFile_GivesItsBytes(string name)
    {
        string[] files = [.. Directory.EnumerateFiles(Golden.File("metaspore", name), "*.dat", SearchOption.AllDirectories)
            .Where(f => !f.Contains("__dense_", StringComparison.Ordinal)).Where(TableFileReader.IsBinary)];
        foreach (string file in files) WriteAgain(file);
    }

    [Theory]
    [InlineData("full_e2_s2.dat")]
    [InlineData("export_e2.dat")]
    [InlineData("empty_e2.dat")]
    public void Write_RowsOfHandMadeFile_GivesItsBytes(string name) => WriteAgain(Golden.File(name));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(DecodedCases))]
    public void Read_CheckpointOfCase_EqualsDecodedTable(string name)
    {
        foreach (string decoded in Directory.EnumerateFiles(Golden.File("metaspore", name), "*.table.tsv"))
        {
            string table = Path.GetFileName(decoded)[..^".table.tsv".Length];
            string[][] expected = [.. File.ReadLines(decoded).Skip(1).Select(l => l.Split('\t'))];
            int dimension = Numbers(expected[0][2]).Length;
            SparseTableSpec spec = TestTable.Spec(table, dimension, Numbers(expected[0][3]).Length / dimension);
            foreach (IGrouping<string, string[]> part in expected.GroupBy(e => e[0]))
            {
                string file = Golden.File("metaspore", name, "checkpoint", $"{table}__sparse_{part.Key}.dat");
                using TableRowStream stream = TableRowStream.Open(file, spec, dataOnly: false);
                Compare([.. part.Select(p => p[1..])], TestTable.ReadAll(stream, spec));
            }
        }
    }

    [Fact]
    public void Read_TrajectoryStep3_EqualsDecodedRows()
    {
        string folder = Golden.File("metaspore", "trajectory_s2");
        var tables = File.ReadLines(Path.Combine(folder, "trajectory.tsv")).Skip(1).Select(l => l.Split('\t'))
            .Where(f => f[1] == "3" && f[2].Length > 0).GroupBy(f => f[0]).ToList();
        Assert.Contains(tables, t => t.Key == "s64");
        foreach (var table in tables)
        {
            string[][] expected = [.. table.Select(f => f[2..])];
            int dimension = Numbers(expected[0][1]).Length;
            ElementType type = table.Key == "s64" ? ElementType.Float64 : ElementType.Float32;
            SparseTableSpec spec = TestTable.Spec(table.Key, dimension, Numbers(expected[0][2]).Length / dimension, type);
            List<(ulong Key, double[], double[], int)> rows = [];
            for (int part = 0; part < 2; part++)
            {
                using TableRowStream stream = TableRowStream.Open(Path.Combine(folder, "step3", $"{table.Key}__sparse_{part}.dat"), spec, dataOnly: false);
                rows.AddRange(TestTable.ReadAll(stream, spec));
            }

            Compare([.. expected.OrderBy(e => ulong.Parse(e[0], CultureInfo.InvariantCulture))], [.. rows.OrderBy(r => r.Key)], type);
        }
    }

    [Fact]
    public void Read_HandMadeFullFile_HasItsKeysValuesAndAges()
    {
        SparseTableSpec spec = TestTable.Spec("t", 2, 2);
        using TableRowStream stream = TableRowStream.Open(Golden.File("full_e2_s2.dat"), spec, dataOnly: false);
        var rows = TestTable.ReadAll(stream, spec, block: 2);
        Assert.Equal([4936580412380944284UL, 12353195495103908631UL, 257688635776646UL], rows.Select(r => r.Key));
        Assert.Equal([0.5, 1.5, 10.5, 11.5, 20.5, 21.5], rows.SelectMany(r => r.Data));
        Assert.Equal([2.5, 3.5, 4.5, 5.5, 12.5, 13.5, 14.5, 15.5, 22.5, 23.5, 24.5, 25.5], rows.SelectMany(r => r.State));
        Assert.Equal([0, 1, 2], rows.Select(r => r.Age));
    }

    [Fact]
    public void Read_ExportAndEmptyFiles_DataOnly_GivesWeights()
    {
        SparseTableSpec spec = TestTable.Spec("t", 2, 2);
        using TableRowStream export = TableRowStream.Open(Golden.File("export_e2.dat"), spec, dataOnly: true);
        Assert.Equal([0.5, 1.5, 10.5, 11.5, 20.5, 21.5], TestTable.ReadAll(export, spec, dataOnly: true).SelectMany(r => r.Data));
        using TableRowStream full = TableRowStream.Open(Golden.File("full_e2_s2.dat"), spec, dataOnly: true);
        Assert.Equal([0.5, 1.5, 10.5, 11.5, 20.5, 21.5], TestTable.ReadAll(full, spec, dataOnly: true).SelectMany(r => r.Data));
        using TableRowStream empty = TableRowStream.Open(Golden.File("empty_e2.dat"), spec, dataOnly: true);
        Assert.Empty(TestTable.ReadAll(empty, spec, dataOnly: true));
    }

    [Fact]
    public void GrownBucketCount_GoldenVectors_Agrees()
    {
        string[] vectors = [.. File.ReadLines(Golden.File("golden.txt")).Where(l => l.StartsWith("grow ", StringComparison.Ordinal))];
        Assert.NotEmpty(vectors);
        foreach (string vector in vectors)
        {
            long[] numbers = [.. vector.Split(' ')[1..].Select(part => long.Parse(part[(part.IndexOf('=') + 1)..], CultureInfo.InvariantCulture))];
            Assert.Equal(numbers[1], TableFileHeader.GrownBucketCount(numbers[0]));
        }

        Assert.Contains("after prune 1 of 3: key_count=2 bucket_count=2", File.ReadLines(Golden.File("golden.txt")));
        Assert.Equal(2, TableFileHeader.SmallestBucketCount(2));
    }

    [Fact]
    public void BucketOf_GoldenFastModulo_Agrees()
    {
        foreach (string vector in File.ReadLines(Golden.File("golden.txt")).Where(l => l.StartsWith("fast_modulo(", StringComparison.Ordinal)))
        {
            string[] parts = vector["fast_modulo(".Length..].Split(")=");
            long expected = long.Parse(parts[1], CultureInfo.InvariantCulture);
            Assert.Equal(expected, TableFileHeader.BucketOf(ulong.Parse(parts[0], CultureInfo.InvariantCulture), 1L << 40));
        }
    }

    [Theory]
    [InlineData("a", 2, 2)]
    [InlineData("b", 3, 2)]
    public void Write_TextMode_GivesTheBytesOfTheOriginal(string table, int dimension, int states)
    {
        SparseTableSpec spec = TestTable.Spec(table, dimension, states, text: true);
        string file = Golden.File("metaspore", "textmode_s1", "checkpoint", $"{table}__sparse_0.dat");
        TableRowFormat format = TableRowFormat.Of(spec);
        List<(ulong, byte[])> rows = [];
        using (TableRowStream stream = TableRowStream.Open(file, spec, dataOnly: false))
        {
            ulong[] keys = new ulong[1];
            byte[] values = new byte[format.ValueBytes];
            int[] ages = new int[1];
            while (stream.Read(keys, values, ages) > 0)
            {
                byte[] row = new byte[format.RowBytes];
                values.CopyTo(row.AsSpan());
                BitConverter.TryWriteBytes(row.AsSpan(format.AgeOffset), ages[0]);
                rows.Add((keys[0], row));
            }
        }

        using TestFolder folder = new();
        TextTableWriter.Write(folder["t"], new MemoryRows(format.RowBytes, rows), format, TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllText(file), File.ReadAllText(folder["t"]));
    }

    static void WriteAgain(string file)
    {
        using TestFolder folder = new();
        using TableFileReader reader = TableFileReader.Open(file);
        reader.CheckIndex();
        long buckets = reader.Header.BucketCount;
        Assert.Contains(buckets, (long[])[TableFileHeader.GrownBucketCount(reader.Count), TableFileHeader.SmallestBucketCount(reader.Count)]);
        CheckpointFile written = TableFileWriter.Write(folder["t.dat"], reader, buckets, TestContext.Current.CancellationToken);
        byte[] expected = File.ReadAllBytes(file);
        Assert.Equal(expected, File.ReadAllBytes(folder["t.dat"]));
        Assert.Equal(expected.Length, written.Length);
        Assert.Equal(HashedFile.Read(file, TestContext.Current.CancellationToken).XxHash3, written.XxHash3);
    }

    static void Compare(
        string[][] expected, List<(ulong Key, double[] Data, double[] State, int Age)> rows, ElementType type = ElementType.Float32)
    {
        Assert.Equal(expected.Length, rows.Count);
        foreach ((string[] line, (ulong key, double[] data, double[] state, int age)) in expected.Zip(rows))
        {
            Assert.Equal(line[0], key.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(Numbers(line[1], type), data);
            Assert.Equal(Numbers(line[2], type), state);
            Assert.Equal(line[3], age.ToString(CultureInfo.InvariantCulture));
        }
    }

    // %.9g holds every float32 exactly, %.17g every float64.
    static double[] Numbers(string text, ElementType type = ElementType.Float32) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => type == ElementType.Float64
            ? double.Parse(t, CultureInfo.InvariantCulture)
            : float.Parse(t, CultureInfo.InvariantCulture)),
    ];
}
