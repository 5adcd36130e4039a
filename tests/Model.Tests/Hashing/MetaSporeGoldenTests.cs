using System.Globalization;
using System.Text;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Hashing;

[Trait("Category", Golden.Category)]
public sealed class MetaSporeGoldenTests
{
    static string Line(string prefix) => File.ReadLines(Golden.File("golden.txt")).First(line => line.StartsWith(prefix, StringComparison.Ordinal));

    static ulong Expected(string prefix) =>
        ulong.Parse(Line(prefix)[prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);

    static ulong Key(string column, string value) => new ColumnHash(HashMode.MetaSpore, column).Key(value);

    static ulong Cross(params (string Column, string Value)[] parts) =>
        parts.Select(part => Key(part.Column, part.Value)).Aggregate((left, right) => ColumnHash.Cross(HashMode.MetaSpore, left, right));

    [Theory]
    [InlineData("BKDR(\"\")", "")]
    [InlineData("BKDR(\"a\")", "a")]
    [InlineData("BKDR(\"abc\")", "abc")]
    [InlineData("BKDR(utf8 \"\\u4e2d\")", "中")]
    [InlineData("BKDR(utf8 \"caf\\u00e9\")", "café")]
    public void Hash_Golden_Equals(string line, string text) =>
        Assert.Equal(Expected(line), BkdrHash.Hash(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("name(user_id)", "user_id")]
    [InlineData("name(movie_id)", "movie_id")]
    public void Name_Golden_Equals(string line, string name) =>
        Assert.Equal(Expected(line), BkdrHash.Name(Encoding.UTF8.GetBytes(name)));

    [Theory]
    [InlineData("f(user_id,\"1\")", "user_id", "1")]
    [InlineData("f(user_id,\"2\")", "user_id", "2")]
    [InlineData("f(movie_id,\"1193\")", "movie_id", "1193")]
    [InlineData("f(item_category,\"clothing\")", "item_category", "clothing")]
    [InlineData("f(city,utf8 \"\\u5317\\u4eac\")", "city", "北京")]
    [InlineData("f(integer_feature_1,\"5\")", "integer_feature_1", "5")]
    public void Key_Golden_Equals(string line, string column, string value) => Assert.Equal(Expected(line), Key(column, value));

    [Fact]
    public void Cross_Golden_Equals()
    {
        Assert.Equal(Expected("user_id=1 # movie_id=1193"), Cross(("user_id", "1"), ("movie_id", "1193")));
        Assert.Equal(Expected("movie_id=1193 # user_id=1"), Cross(("movie_id", "1193"), ("user_id", "1")));
        Assert.Equal(Expected("user_id=1#movie_id=1193#genre=Drama"), Cross(("user_id", "1"), ("movie_id", "1193"), ("genre", "Drama")));
        Assert.Equal(Expected("combine(f(user_id,1), 0)  (\"\" list element)"), ColumnHash.Cross(HashMode.MetaSpore, Key("user_id", "1"), 0));
    }

    [Fact]
    public void Uniquify_Golden_FirstOccurrenceOrder()
    {
        ulong[] expectedKeys = Numbers("uniq keys:");
        int[] expectedIndices = [.. Numbers("uniq idx:").Select(value => (int)value)];
        ulong[] keys = [.. expectedIndices.Select(index => expectedKeys[index])];
        ulong[] unique = new ulong[keys.Length];
        int[] indices = new int[keys.Length];

        int count = new KeyUniquifier().Uniquify(keys, unique, indices);

        Assert.Equal(expectedKeys, unique[..count]);
        Assert.Equal(expectedIndices, indices);
    }

    static ulong[] Numbers(string prefix) =>
        [.. Line(prefix)[prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => ulong.Parse(word, CultureInfo.InvariantCulture))];
}
