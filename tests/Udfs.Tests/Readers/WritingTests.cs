using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

public sealed class WritingTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    DatasetReader Source() => DatasetReader.Open(new()
    {
        Inputs = [new(_folder.Write("source.csv", "\" x, \"\"y\"\"\",1.5,1,p|q\n,,0,\nköln,1e300,1,\"a\nb\"\n"))],
        Names = ["a", "b", "y", "l"],
        Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Text, ["b"] = ColumnKind.Number, ["l"] = ColumnKind.TextList },
        Label = new("y"),
    });

    string Write(string name, DatasetReader source)
    {
        string path = _folder.File(name);
        using var writer = RecordBatchWriter.Create(path, source.Schema);
        foreach (RecordBatch batch in source.ReadInOrder(2))
        {
            writer.Write(batch);
            batch.Dispose();
        }

        Assert.False(File.Exists(path));
        writer.Complete();
        return path;
    }

    [Theory]
    [InlineData("out.parquet")]
    [InlineData("out.arrow")]
    [InlineData("out.arrows")]
    [InlineData("out.csv")]
    [InlineData("out.csv.gz")]
    [InlineData("sub/out.csv.zst")]
    public void Write_ThenRead_SameRows(string name)
    {
        DatasetReader source = Source();
        string path = Write(name, source);
        DatasetReader written = DatasetReader.Open(source.Spec with { Inputs = [new(path)], Header = true, Names = null });
        Assert.Equal(Rows.Of(source.ReadInOrder(9)), Rows.Of(written.ReadInOrder(9)));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void Write_Csv_HeaderAndQuotes() => Assert.Equal(
        "a,b,y,l\n\" x, \"\"y\"\"\",1.5,1,p|q\n,,0,\nköln,1E+300,1,\"a\nb\"\n", File.ReadAllText(Write("out.csv", Source())));

    [Fact]
    public void Dispose_NotComplete_OldFileStays()
    {
        string path = _folder.Write("out.csv", "old");
        DatasetReader source = Source();
        using (var writer = RecordBatchWriter.Create(path, source.Schema)) writer.Write(source.ReadInOrder(9).First());
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void Create_NameWithoutFormat_Error() =>
        Assert.Contains("use .parquet, .arrow", Assert.Throws<BadInputException>(() => RecordBatchWriter.Create(_folder.File("x.doc"), Source().Schema)).Message, StringComparison.Ordinal);

    [Theory]
    [Trait("Category", Golden.Category)]
    [InlineData("copy.parquet")]
    [InlineData("copy.arrow")]
    public void Write_EveryType_SameRows(string name)
    {
        DatasetReader source = DatasetReader.Open(new() { Inputs = [new(Golden.File("formats", "rows-file-none.arrow"))], KeepOtherColumns = true });
        DatasetReader copy = DatasetReader.Open(source.Spec with { Inputs = [new(Write(name, source))] });
        Assert.Equal(Rows.Of(source.ReadInOrder(3)), Rows.Of(copy.ReadInOrder(3)));
    }
}
