using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Readers;

public sealed class DealingTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    DatasetReader Open(int rows, string last = "") => DatasetReader.Open(new()
    {
        Inputs = [new(_folder.Write("d.csv", string.Concat(Enumerable.Range(0, rows).Select(i => $"{i},1\n")) + last))],
        Names = ["a", "y"],
        Columns = new Dictionary<string, ColumnKind> { ["a"] = ColumnKind.Text },
        Label = new("y"),
    });

    static List<string> Expected(int rows, int batchSize, int partition, int partitions, long firstBatch = 0) =>
        [.. Enumerable.Range(0, rows)
            .Where(row => row / batchSize % partitions == partition && row / batchSize / partitions >= firstBatch)
            .Select(row => $"{row} ; 1")];

    [Theory]
    [InlineData(100, 7, 3)]
    [InlineData(14, 7, 3)]
    [InlineData(5, 7, 2)]
    [InlineData(100, 10, 1)]
    public void ReadAndDeal_Partitions_EveryBatchAtItsPlace(int rows, int batchSize, int partitions)
    {
        DatasetReader reader = Open(rows);
        var plan = new ReadPlan { BatchSize = batchSize, PartitionCount = partitions };
        for (int first = 0; first < 3; first++)
        {
            using BatchDealer dealer = reader.Deal(plan, [.. Enumerable.Repeat((long)first, partitions)], rows);
            for (int p = 0; p < partitions; p++)
            {
                Assert.Equal(Expected(rows, batchSize, p, partitions, first), Rows.Of(reader.Read(plan, p, first)));
                Assert.Equal(Expected(rows, batchSize, p, partitions, first), Rows.Of(dealer.Partition(p)));
            }
        }
    }

    [Fact]
    public async Task Deal_ConsumersInParallel_EachGetsItsRows()
    {
        DatasetReader reader = Open(5000);
        using BatchDealer dealer = reader.Deal(new() { BatchSize = 3, PartitionCount = 4 }, queueLength: 1);
        List<string>[] rows = await Task.WhenAll(Enumerable.Range(0, 4).Select(p => Task.Factory.StartNew(
            () => Rows.Of(dealer.Partition(p)), TaskCreationOptions.LongRunning)));
        for (int p = 0; p < 4; p++) Assert.Equal(Expected(5000, 3, p, 4), rows[p]);
    }

    [Fact]
    public void Deal_ConsumerStopsEarly_OthersGoOn()
    {
        DatasetReader reader = Open(1000);
        using BatchDealer dealer = reader.Deal(new() { BatchSize = 10, PartitionCount = 2 }, queueLength: 1);
        using (IEnumerator<RecordBatch> early = dealer.Partition(0).GetEnumerator()) Assert.True(early.MoveNext());
        Assert.Equal(Expected(1000, 10, 1, 2), Rows.Of(dealer.Partition(1)));
    }

    [Fact]
    public void Deal_DamagedRow_EveryConsumerGetsTheError()
    {
        DatasetReader reader = Open(40, "x\n");
        using BatchDealer dealer = reader.Deal(new() { BatchSize = 10, PartitionCount = 2 }, queueLength: 9);
        for (int p = 0; p < 2; p++)
        {
            int partition = p;
            Assert.Contains("line 41: 1 fields", Assert.Throws<BadInputException>(() => Rows.Of(dealer.Partition(partition))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Dispose_NobodyReads_Returns()
    {
        DatasetReader reader = Open(1000);
        BatchDealer dealer = reader.Deal(new() { BatchSize = 10, PartitionCount = 2 }, queueLength: 1);
        IEnumerator<RecordBatch> consumer = dealer.Partition(0).GetEnumerator();
        Assert.True(consumer.MoveNext());
        dealer.Dispose();
        Assert.ThrowsAny<OperationCanceledException>(() => { while (consumer.MoveNext()) { } });
        Assert.Throws<InvalidOperationException>(() => dealer.Partition(0));
    }
}
