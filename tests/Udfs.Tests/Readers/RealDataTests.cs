using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Testing;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

[Trait("Category", Golden.Category)]
public sealed class RealDataTests
{
    static readonly string[] s_adult =
        ["age", "workclass", "fnlwgt", "education", "educationNum", "marital", "occupation", "relationship", "race", "sex", "gain", "loss", "hours", "country", "income"];

    static DatasetSpec Adult(string file, long first = 0, long? last = null) => new()
    {
        Inputs = [new(Golden.DataFile(file), first, last)],
        Names = s_adult,
        Label = new("income", Positive: [">50K", ">50K."]),
        Columns = s_adult[..^1].ToDictionary(name => name, name => name is "age" or "gain" ? ColumnKind.Number : ColumnKind.Text),
    };

    static (long Rows, double Positives) Count(DatasetSpec spec)
    {
        long rows = 0;
        double positives = 0;
        foreach (RecordBatch batch in DatasetReader.Open(spec).ReadInOrder(1000))
        {
            rows += batch.Length;
            foreach (float label in ((FloatArray)batch.Column(spec.Label!.Column)).Values) positives += label;
            batch.Dispose();
        }

        return (rows, positives);
    }

    // Row counts and positives as the description of the data sets and of the reference accuracy gives them.
    [Fact]
    public void Read_Adult_RowsAndPositives()
    {
        Assert.Equal((16_281, 3_846.0), Count(Adult("adult-test.csv.gz")));
        Assert.Equal(29_304, Count(Adult("adult-train.csv.gz", 0, 29_303)).Rows);
        Assert.Equal(3_257, Count(Adult("adult-train.csv.gz", 29_304, 32_560)).Rows);
        string first = Rows.Of(DatasetReader.Open(Adult("adult-train.csv.gz")).ReadInOrder(10))[0];
        Assert.Equal("39 ; State-gov ; 77516 ; Bachelors ; 13 ; Never-married ; Adm-clerical ; Not-in-family ; White ; Male ; 2174 ; 0 ; 40 ; United-States ; 0", first);
    }

    [Fact]
    public void Read_Census_RowsAndPositives()
    {
        DatasetSpec spec = new()
        {
            Inputs = [new(Golden.DataFile("census-income.csv.gz"), 79_809)],
            Names = [.. Enumerable.Range(0, 41).Select(i => $"c{i}"), "income"],
            Label = new("income", Positive: ["50000+."]),
            Columns = new Dictionary<string, ColumnKind> { ["c7"] = ColumnKind.Text },
        };
        Assert.Equal((19_953, 1_241.0), Count(spec));
        Assert.Equal((19_953, 8_675.0), Count(spec with { Columns = new Dictionary<string, ColumnKind>(), Label = new("c7", Positive: ["Never married"]) }));
    }

    [Fact]
    public void Read_Frappe_RowsAndPositives()
    {
        DatasetSpec spec = new()
        {
            Inputs = [new(Golden.DataFile("frappe-28860.libfm.gz"))],
            Label = new("label", Positive: ["1"]),
            Columns = Enumerable.Range(0, 10).ToDictionary(i => $"f{i}", _ => ColumnKind.Text),
        };
        Assert.Equal((28_860, 9_536.0), Count(spec));
    }
}
