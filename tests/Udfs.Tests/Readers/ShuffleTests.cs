using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

public sealed class ShuffleTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    DatasetReader Open(int rows, long keptBytes = 0) => DatasetReader.Open(
        new()
        {
            Inputs = [new(_folder.Write("d.csv", string.Concat(Enumerable.Range(0, rows).Select(i => $"{i},{(i % 3 == 0 ? "" : $"a{i}|b")},{(i % 5 == 0 ? "" : $"{i}.5")},{i % 2}\n"))))],
            Names = ["a", "l", "n", "y"],
            Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Text, ["l"] = ColumnKind.TextList, ["n"] = ColumnKind.Number },
            Label = new("y"),
        },
        keptBytes);

    static string Row(int i) => $"{i} ; {(i % 3 == 0 ? "null" : $"[a{i},b]")} ; {(i % 5 == 0 ? "null" : $"{i}.5")} ; {i % 2}";

    static int[] Numbers(IEnumerable<string> rows) => [.. rows.Select(row => int.Parse(row.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))];

    [Theory]
    [InlineData(1000, 7, 100)]
    [InlineData(1000, 64, 1000)]
    [InlineData(999, 10, 333)]
    [InlineData(50, 8, 1_000_000)]
    [InlineData(20, 8, 3)]
    public void Read_Shuffled_WindowsArePermutedAndRowsWhole(int rows, int batchSize, int window)
    {
        var plan = new ReadPlan { BatchSize = batchSize, Shuffle = true, Seed = 5, ShuffleWindow = window };
        List<string> all = Rows.Of(Open(rows).Read(plan, 0, 0));
        int[] numbers = Numbers(all);
        Assert.Equal(numbers.Select(Row), all);
        for (int first = 0; first < rows; first += window)
        {
            int end = Math.Min(rows, first + window);
            Assert.Equal(Enumerable.Range(first, end - first), numbers[first..end].Order());
        }

        if (window > 10) Assert.NotEqual(numbers.Order(), numbers);
    }

    [Fact]
    public void Read_Shuffled_FunctionOfSeedAndEpoch()
    {
        DatasetReader reader = Open(500);
        int[] Order(ulong seed, int epoch) => Numbers(Rows.Of(reader.Read(new() { BatchSize = 9, Shuffle = true, Seed = seed, Epoch = epoch, ShuffleWindow = 200 }, 0, 0)));
        Assert.Equal(Order(1, 0), Order(1, 0));
        Assert.NotEqual(Order(1, 0), Order(1, 1));
        Assert.NotEqual(Order(1, 0), Order(2, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 30)]
    public void ReadAndDeal_ShuffledPartitions_AreTheBatchesOfThePass(long keptBytes)
    {
        DatasetReader reader = Open(1003, keptBytes);
        foreach (int window in (int[])[100, 5000])
        {
            var plan = new ReadPlan { BatchSize = 7, Shuffle = true, Seed = 3, ShuffleWindow = window };
            List<string> whole = Rows.Of(reader.Read(plan, 0, 0));
            for (int first = 0; first < 40; first += 13)
            {
                using BatchDealer dealer = reader.Deal(plan with { PartitionCount = 3 }, [first, first, first], 1000);
                for (int p = 0; p < 3; p++)
                {
                    List<string> expected = [.. whole.Where((_, i) => i / 7 % 3 == p && i / 7 / 3 >= first)];
                    Assert.Equal(expected, Rows.Of(reader.Read(plan with { PartitionCount = 3 }, p, first)));
                    Assert.Equal(expected, Rows.Of(dealer.Partition(p)));
                }
            }
        }
    }

    [Fact]
    public void Read_KeptRows_SecondEpochWithoutTheFile()
    {
        DatasetReader reader = Open(300, 1 << 30);
        var plan = new ReadPlan { BatchSize = 8, Shuffle = true };
        List<string> first = Rows.Of(reader.Read(plan, 0, 0));
        File.Delete(_folder.File("d.csv"));
        Assert.Equal(first, Rows.Of(reader.Read(plan, 0, 0)));
        Assert.Equal(Enumerable.Range(0, 300).Select(Row), Rows.Of(reader.ReadInOrder(8)));
        Assert.NotEqual(first, Rows.Of(reader.Read(plan with { Epoch = 1 }, 0, 0)));
    }

    [Fact]
    public void RowPermutation_ManyDraws_EveryPlaceEquallyLikely()
    {
        int[,] counts = new int[6, 6];
        Span<int> order = stackalloc int[6];
        for (int epoch = 0; epoch < 60_000; epoch++)
        {
            RowPermutation.Fill(order, 11, epoch, 0);
            for (int i = 0; i < 6; i++) counts[i, order[i]]++;
        }

        // Binomial with p = 1/6: 10,000 ± 91; six standard deviations.
        foreach (int count in counts) Assert.InRange(count, 9450, 10_550);
    }
}
