using System.IO.Compression;
using System.Text;
using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

public sealed class TextReadingTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    static DatasetSpec Spec(string path) => new()
    {
        Inputs = [new(path)],
        Names = ["a", "b", "y"],
        Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Text, ["b"] = ColumnKind.Number },
        Label = new("y"),
    };

    static List<string> Read(DatasetSpec spec, int batchSize = 100) => Rows.Of(DatasetReader.Open(spec).ReadInOrder(batchSize));

    string Message(DatasetSpec spec) => Assert.Throws<BadInputException>(() => Read(spec)).Message.Replace(_folder.Path + "/", "", StringComparison.Ordinal);

    [Fact]
    public void Read_BlanksMissingCellsAndBlankLines_TrimmedNullAndSkipped()
    {
        string path = _folder.Write("d.csv", "\n  x , 1.5 ,1\r\n\r\n   \nz,,0\n,-2e1,1");
        Assert.Equal(["x ; 1.5 ; 1", "z ; null ; 0", "null ; -20 ; 1"], Read(Spec(path)));
    }

    [Fact]
    public void Read_Quotes_DelimitersLinesAndQuotesInside()
    {
        string path = _folder.Write("d.csv", "\"a, b\", \"2\" ,1\n\"say \"\"hi\"\"\",3,0\n\"two\nlines\",4,1\nin\"ner,5,0\n\"\",6,1\n\" kept \",7,0\n");
        Assert.Equal(
            ["a, b ; 2 ; 1", "say \"hi\" ; 3 ; 0", "two\nlines ; 4 ; 1", "in\"ner ; 5 ; 0", "null ; 6 ; 1", " kept  ; 7 ; 0"],
            Read(Spec(path)));
    }

    [Fact]
    public void Read_HeaderAndByteOrderMark_ColumnsByName()
    {
        string path = _folder.Write("d.csv", "\uFEFFy,a,z\n1,x,9\n");
        DatasetSpec spec = Spec(path) with { Names = null, Header = true, Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Text }, KeepOtherColumns = true };
        Assert.Equal(["1 ; x ; 9"], Read(spec));
        Assert.Equal(["y", "a", "z"], DatasetReader.Open(spec).Schema.FieldsList.Select(field => field.Name));
    }

    [Fact]
    public void Read_ControlCharacterDelimiters_ListsSplit()
    {
        string path = _folder.Write("d.txt", "k\u0001l\u00027\u00021\n\u0002\u00020\n");
        DatasetSpec spec = Spec(path) with
        {
            Delimiter = '\u0002',
            ListDelimiter = '\u0001',
            Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.TextList, ["b"] = ColumnKind.Number },
        };
        Assert.Equal(["[k,l] ; 7 ; 1", "null ; null ; 0"], Read(spec));
    }

    [Fact]
    public void Read_KeepOriginals_DeliversWhatReadingChangesOnceMoreAsItIs()
    {
        string path = _folder.Write("d.csv", "?,007,1\nx,?,?\n,1.50,0\n");
        DatasetSpec spec = Spec(path) with { Missing = ["", "?"], KeepOtherColumns = true, KeepOriginals = true };
        Assert.Equal(
            ["a", DatasetSpec.OriginalName("a"), "b", DatasetSpec.OriginalName("b"), "y", DatasetSpec.OriginalName("y")],
            DatasetReader.Open(spec).Schema.FieldsList.Select(field => field.Name));
        Assert.Equal(["null ; ? ; 7 ; 007 ; 1 ; 1", "x ; x ; null ; ? ; NaN ; ?", "null ; null ; 1.5 ; 1.50 ; 0 ; 0"], Read(spec));
        Assert.Equal(["a", "b", DatasetSpec.OriginalName("b"), "y", DatasetSpec.OriginalName("y")], DatasetReader.Open(spec with { Missing = [""] }).Schema.FieldsList.Select(field => field.Name));

        string svm = _folder.Write("d.svm", "1 3:1 7:1\n0\n");
        DatasetSpec libSvm = new()
        {
            Inputs = [new(svm, 0, 1)],
            Format = DataFormat.LibSvm,
            Columns = new Dictionary<string, ColumnKind> { ["features"] = ColumnKind.TextList },
            Label = new("label"),
            Missing = ["?"],
            KeepOtherColumns = true,
            KeepOriginals = true,
        };
        Assert.Equal(["1 ; 1 ; [3,7] ; [3,7]", "0 ; 0 ; [] ; []"], Read(libSvm));
    }

    [Fact]
    public void Read_TsvQuotes_AreOrdinary()
    {
        string path = _folder.Write("d.tsv", "\"a\t2\t1\n");
        Assert.Equal(["\"a ; 2 ; 1"], Read(Spec(path)));
    }

    [Fact]
    public void Read_LibFm_TokensByPosition()
    {
        string path = _folder.Write("d.libfm", "1 204:1 4798:1\n-1  7 8:1.0 \n");
        var spec = new DatasetSpec
        {
            Inputs = [new(path)],
            Columns = new Dictionary<string, ColumnKind> { ["f0"] = ColumnKind.Text, ["f1"] = ColumnKind.Text },
            Label = new("label", Positive: ["1"]),
        };
        Assert.Equal(["1 ; 204 ; 4798", "0 ; 7 ; 8"], Read(spec));
        Assert.Equal(
            "d.libfm, line 2, column 'label' (field 1): expected a label 0 or 1, found '-1'; say which cells mean 1, for example "
            + "'label: {column: …, positive: [\"1\"]}', or which mean 0 under negative",
            Message(spec with { Label = new("label") }));
    }

    [Fact]
    public void Read_LibSvm_IndexesAsList()
    {
        string path = _folder.Write("d.libsvm", "1 3:1 17:1\n0\n");
        var spec = new DatasetSpec
        {
            Inputs = [new(path)],
            Columns = new Dictionary<string, ColumnKind> { ["features"] = ColumnKind.TextList },
            Label = new("label"),
        };
        Assert.Equal(["1 ; [3,17]", "0 ; []"], Read(spec));
        _folder.Write("d.libsvm", "1 3:0.5\n");
        Assert.StartsWith("d.libsvm, line 1, column 'features': expected 'token:1', found '3:0.5'", Message(spec), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x,1,1\n\nx,1\n", "d.csv, line 3: 2 fields, expected 3 (a … y)")]
    [InlineData("x,1,1,9\n", "d.csv, line 1: 4 fields, expected 3 (a … y)")]
    [InlineData("x,1,1\nx,one,1\n", "d.csv, line 2, column 'b' (field 2): expected a number, found 'one'")]
    [InlineData("x,NaN,1\n", "d.csv, line 1, column 'b' (field 2): expected a number, found 'NaN'")]
    [InlineData("x,1,2\n", "d.csv, line 1, column 'y' (field 3): expected a label 0 or 1, found '2'")]
    [InlineData("x,1,\n", "d.csv, line 1, column 'y' (field 3): the label is missing")]
    [InlineData("\"x,1,1\nx,1,0\n", "d.csv, line 1: the quote that opens field 1 is never closed")]
    [InlineData("x,1,1\n\"x\"z,1,0\n", "d.csv, line 2, field 1: 'z' after the closing quote")]
    [InlineData("", "d.csv: the data set has no row")]
    public void Read_WrongText_ErrorNamesThePlace(string text, string expected) =>
        Assert.StartsWith(expected, Message(Spec(_folder.Write("d.csv", text))), StringComparison.Ordinal);

    [Fact]
    public void Read_SeveralWrongCells_FirstRowIsNamed()
    {
        string path = _folder.Write("d.csv", "x,1,1\n\nx,1,7\nx,one,1\nx\n");
        Assert.StartsWith("d.csv, line 3, column 'y' (field 3): expected a label", Message(Spec(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OneColumn_BlankLinesSkippedAndQuotedEmptyKept()
    {
        DatasetSpec spec = Spec(_folder.Write("d.csv", "x\n\n\"\"\ny\n \n")) with { Names = ["a"], Label = null, Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Text } };
        Assert.Equal(["x", "null", "y"], Read(spec));
    }

    [Fact]
    public void Read_NullsAnywhere_BitsAtTheirRows()
    {
        for (int step = 1; step < 40; step += 3)
        {
            bool IsNull(int i) => i % step == step / 2;
            string path = _folder.Write("d.csv", string.Concat(Enumerable.Range(0, 300).Select(i => $"{(IsNull(i) ? "" : $"v{i}")},{(IsNull(i + 1) ? "" : i)},1\n")));
            Assert.Equal(
                Enumerable.Range(0, 300).Select(i => $"{(IsNull(i) ? "null" : $"v{i}")} ; {(IsNull(i + 1) ? "null" : i)} ; 1"),
                Read(Spec(path), 77));
        }
    }

    [Fact]
    public void Read_NoUtf8_ErrorNamesTheLine()
    {
        string path = _folder.Write("d.csv", [.. "x,1,1\n"u8, 0xE4, .. ",1,1\n"u8]);
        Assert.StartsWith("d.csv, line 2: the text is not UTF-8", Message(Spec(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AbsentColumn_ErrorNamesTheNearest()
    {
        DatasetSpec spec = Spec(_folder.Write("d.csv", "x,1,1\n")) with { Names = ["user", "b", "y"], Columns = new Dictionary<string, ColumnKind> { ["usr"] = ColumnKind.Text } };
        Assert.Equal("d.csv: no column 'usr'; did you mean 'user'? The file has user, b, y", Message(spec));
    }

    [Fact]
    public void Open_NothingThere_ErrorNamesEveryInput()
    {
        DatasetSpec spec = Spec(_folder.File("absent.csv")) with { Inputs = [new(_folder.File("absent.csv")), new(_folder.File("*.tsv")), new(_folder.Path)] };
        Assert.Equal(3, Assert.Throws<BadInputException>(() => DatasetReader.Open(spec)).Problems.Count);
    }

    [Fact]
    public void Open_FoldersAndGlobs_OrdinalOrder()
    {
        foreach (string name in (string[])["p/b.csv", "p/B.csv", "p/q/a.csv", "p/_SUCCESS", "p/.x.csv", "p/note.md"]) _folder.Write(name, "x,1,1\n");
        string[] Files(string path) => [.. DatasetReader.Open(Spec(path)).FilePaths.Select(file => Path.GetRelativePath(_folder.Path, file))];
        Assert.Equal(["p/B.csv", "p/b.csv", "p/q/a.csv"], Files(_folder.File("p")));
        Assert.Equal(["p/B.csv", "p/b.csv"], Files(_folder.File("p/*.csv")));
        Assert.Equal(["p/B.csv", "p/b.csv", "p/q/a.csv"], Files(_folder.File("**/*.csv")));
    }

    [Fact]
    public void Read_Ranges_RowsOfFile()
    {
        string path = _folder.Write("d.csv", "a,0,1\nb,1,1\n\nc,2,1\nd,3,1\n");
        Assert.Equal(["b ; 1 ; 1", "c ; 2 ; 1", "a ; 0 ; 1"], Read(Spec(path) with { Inputs = [new(path, 1, 2), new(path, 0, 0)] }, 2));
        Assert.Equal(["d ; 3 ; 1"], Read(Spec(path) with { Inputs = [new(path, 3)] }));
        Assert.Equal("d.csv: rows 2..4 are asked for, but the file has 4 rows (0..3); correct the range", Message(Spec(path) with { Inputs = [new(path, 2, 4)] }));
        Assert.StartsWith("d.csv: rows 4.. are asked for, but the file has 4 rows", Message(Spec(path) with { Inputs = [new(path, 4)] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RowsAcrossBlocks_SameAsLines()
    {
        var text = new StringBuilder();
        var expected = new List<string>();
        for (int i = 0; i < 60_000; i++)
        {
            string value = new('v', i % 37);
            text.Append(i % 11 == 0 ? $"\"{value}, \"\"{i}\"\"\"" : $"{value}{i}").Append(',').Append(i).Append(",1\n");
            expected.Add((i % 11 == 0 ? $"{value}, \"{i}\"" : $"{value}{i}") + $" ; {i} ; 1");
        }

        Assert.Equal(expected, Read(Spec(_folder.Write("d.csv", text.ToString())), 1000));
        byte[] long1 = Encoding.ASCII.GetBytes("\"" + new string('q', 700_000) + "\",1,1\nx,2,0\n");
        Assert.Equal(["x ; 2 ; 0"], Read(Spec(_folder.Write("e.csv", long1))).Skip(1));
    }

    [Theory]
    [InlineData("d.csv.gz")]
    [InlineData("d.csv.zst")]
    public void Read_Compressed_SameRowsAndEveryCutFound(string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"k{i * 7919 % 3001},{i},1\n")));
        byte[] whole = [.. Compress(name, text[..20000]), .. Compress(name, text[20000..])];
        Assert.Equal(3000, Read(Spec(_folder.Write(name, whole))).Count);
        int first = Compress(name, text[..20000]).Length;
        foreach (int length in (int[])[whole.Length - 1, whole.Length - 4, whole.Length - 8, whole.Length - 20, first + 5, first - 3, 5])
        {
            _folder.Write(name, whole[..length]);
            Assert.Contains("data are damaged or cut short", Message(Spec(_folder.File(name))), StringComparison.Ordinal);
        }
    }

    static byte[] Compress(string name, byte[] text)
    {
        using var target = new MemoryStream();
        using (Stream stream = name.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(target, CompressionLevel.Optimal, true)
            : new ZstdSharp.CompressionStream(target, 3, 0, true))
        {
            stream.Write(text);
        }

        return target.ToArray();
    }
}
