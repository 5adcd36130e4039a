using System.Globalization;
using System.Text.RegularExpressions;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Client;

public sealed class DensePartitionTests
{
    [Fact]
    [Trait("Category", Golden.Category)]
    public void Of_GoldenNames_GivesMetaSporesRanges()
    {
        int found = 0;
        foreach (string line in File.ReadLines(Golden.File("golden.txt")))
        {
            Match match = Regex.Match(line, @"^(\S+) (\d+) \d+ \[\((\d+), (\d+)\), \((\d+), (\d+)\), \((\d+), (\d+)\)\]$");
            if (!match.Success) continue;
            found++;
            long[] bounds = [.. match.Groups.Values.Skip(3).Select(g => long.Parse(g.Value, CultureInfo.InvariantCulture))];
            long rows = bounds.Max();
            for (int shard = 0; shard < 3; shard++)
            {
                DensePartition part = DensePartition.Of(match.Groups[1].Value, rows, shard, 3);
                Assert.Equal(bounds[2 * shard], part.Begin);
                Assert.Equal(bounds[(2 * shard) + 1], part.Begin + part.Count);
            }
        }

        Assert.Equal(2, found);
    }

    [Theory]
    [InlineData("", 7)]
    [InlineData("bias", 0)]
    [InlineData("bias", 1)]
    [InlineData("weight.中", 1000)]
    public void Of_AnyCount_CoversEveryRowOnce(string name, long rows)
    {
        for (int shards = 1; shards < 9; shards++)
        {
            DensePartition[] parts = [.. Enumerable.Range(0, shards).Select(s => DensePartition.Of(name, rows, s, shards)).OrderBy(p => p.Begin).ThenBy(p => p.Count)];
            long next = 0;
            foreach (DensePartition part in parts)
            {
                Assert.Equal(next, part.Begin);
                Assert.InRange(part.Count, rows / shards, (rows + shards - 1) / shards);
                next += part.Count;
            }

            Assert.Equal(rows, next);
        }
    }

    [Theory]
    [InlineData(1UL << 63, 3, 2)]
    [InlineData(ulong.MaxValue, 2, 1)]
    [InlineData(7UL, 1, 0)]
    public void ShardOf_LargeKeys_IsTheUnsignedRemainder(ulong key, int shards, int expected) =>
        Assert.Equal(expected, KeyPartitioner.ShardOf(key, shards));
}
