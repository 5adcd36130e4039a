using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Hashing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Hashing;

/// <summary>
/// Keys of the xxh3 mode as docs/feature-schema.md lists them. They were computed by a separate implementation of XXH3,
/// written from its specification and checked with the published hashes of "a" and "abc".
/// </summary>
public sealed class XxHash3KeyTests
{
    [Theory]
    [InlineData("user_id", "1", 16294070073811518622)]
    [InlineData("user_id", "2", 3755181775589773619)]
    [InlineData("city", "北京", 9009142311917836221)]
    [InlineData("city", "oslo", 8592667318370160467)]
    [InlineData("tags", "a", 11988875677490993462)]
    [InlineData("item_category", "clothing", 11638464050129543482)]
    [InlineData("price", "12", 14607396896834762483)]
    [InlineData("price", "missing", 17036537056327447948)]
    [InlineData("price", "negative", 7303263593683804840)]
    [InlineData("price", "=37.5", 8828048714464122023)]
    public void Key_Documented_Equals(string column, string value, ulong key) =>
        Assert.Equal(key, new ColumnHash(HashMode.XxHash3, column).Key(value));

    [Fact]
    public void Cross_Documented_Equals()
    {
        ulong user = new ColumnHash(HashMode.XxHash3, "user_id").Key("1");
        ulong city = new ColumnHash(HashMode.XxHash3, "city").Key("oslo");
        ulong tag = new ColumnHash(HashMode.XxHash3, "tags").Key("a");

        Assert.Equal(16706567590235801745, ColumnHash.Cross(HashMode.XxHash3, user, city));
        Assert.Equal(12881134944696848060, ColumnHash.Cross(HashMode.XxHash3, city, user));
        Assert.Equal(10871307612309949391, ColumnHash.Cross(HashMode.XxHash3, ColumnHash.Cross(HashMode.XxHash3, user, city), tag));
    }

    [Theory]
    [InlineData(HashMode.XxHash3)]
    [InlineData(HashMode.MetaSpore)]
    public void Key_Empty_Padding(HashMode mode) => Assert.Equal(0UL, new ColumnHash(mode, "c").Key(""));

    [Theory]
    [InlineData(HashMode.XxHash3)]
    [InlineData(HashMode.MetaSpore)]
    public void Keys_AnyLength_EqualOneByOne(HashMode mode)
    {
        byte[] bytes = new byte[4000];
        new Random(1).NextBytes(bytes);
        int[] offsets = [5, .. Enumerable.Range(0, 80).Select(length => 5 + (length * (length + 1) / 2))];
        var hash = new ColumnHash(mode, "c");
        ulong[] keys = new ulong[80];
        ulong[] wide = new ulong[80];

        hash.Keys(bytes, offsets, keys);
        hash.Keys(bytes, [.. offsets.Select(offset => (long)offset)], wide);

        Assert.Equal(Enumerable.Range(0, 80).Select(i => hash.Key(bytes.AsSpan(offsets[i]..offsets[i + 1]))), keys);
        Assert.Equal(keys, wide);
    }

    [Fact]
    public void Hash_AnyLength_EqualsByteByByte()
    {
        byte[] bytes = new byte[70];
        new Random(2).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            ulong expected = 0;
            foreach (byte value in bytes[..length]) expected = unchecked((expected * 131) + (ulong)(value < 128 ? value : value - 256));
            Assert.Equal(expected, BkdrHash.Hash(bytes.AsSpan(0, length)));
        }
    }
}
