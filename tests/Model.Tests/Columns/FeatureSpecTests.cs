using System.Text.Json;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Columns;

public sealed class FeatureSpecTests
{
    static FeatureSpec Sample() => FeatureColumns.Categorical("user", "city").Bag("tags").Cross("city", "tags").Cross("city", "price")
        .Numeric(NumericEncoding.Log2, "price").Numeric(NumericEncoding.Dense, "age", "price").HashedBy(HashMode.MetaSpore);

    [Fact]
    public void Schema_Builder_CategoriesNumbersCrosses()
    {
        FeatureSpec spec = Sample();

        Assert.Equal("user\ncity\ntags\nprice\ncity#tags\ncity#price\n", spec.Schema.ToString());
        Assert.Equal(["age", "price"], spec.DenseColumns);
        Assert.Equal(
            new Dictionary<string, ColumnKind>
            {
                ["price"] = ColumnKind.Number,
                ["age"] = ColumnKind.Number,
                ["user"] = ColumnKind.Text,
                ["city"] = ColumnKind.Text,
                ["tags"] = ColumnKind.TextList,
            },
            spec.Columns);
        Assert.Empty(spec.Problems(["user", "city", "tags", "price", "age", "label"], "label"));
        Assert.False(spec.NeedsFitting);
        Assert.Equal(NumericEncoding.Log2, FeatureState.Of(spec).Encodings["price"].As);
    }

    [Fact]
    public void Schema_CombineSchema_NumbersItLacksFollow()
    {
        FeatureSpec spec = FeatureColumns.Schema(CombineSchemaParser.FromText("price\nuser#price"))
            .Numeric(NumericEncoding.Quantile, "age", "price");

        Assert.Equal("price\nuser#price\nage\n", spec.Schema.ToString());
        Assert.True(spec.NeedsFitting);
        Assert.Throws<InvalidOperationException>(() => FeatureState.Of(spec));
    }

    [Fact]
    public void Json_RoundTrip_Equal()
    {
        FeatureSpec spec = Sample();
        var state = new FeatureState
        {
            Encodings = new Dictionary<string, ColumnEncoding> { ["price"] = new(NumericEncoding.Quantile, [0.1, 1e300, double.Epsilon], [-3]) },
        };

        Assert.Equal(spec, JsonSerializer.Deserialize<FeatureSpec>(JsonSerializer.Serialize(spec)));
        Assert.NotEqual(spec, spec with { Hash = HashMode.XxHash3 });
        Assert.Equal(state, JsonSerializer.Deserialize<FeatureState>(JsonSerializer.Serialize(state)));
    }

    [Fact]
    public void Validate_ManyMistakes_AllAtOnce()
    {
        var spec = new FeatureSpec
        {
            Categorical = ["user", "user", "a#b"],
            Lists = ["tag"],
            Numeric = [new(["age", "user"], NumericEncoding.Dense), new(["x"], NumericEncoding.Quantile, Buckets: 0)],
            Crosses = [new(["user"]), new(["user", "age"])],
        };

        IReadOnlyList<string> problems = Assert.Throws<BadInputException>(() => spec.Validate()).Problems;

        Assert.Contains("features, numeric [x]: buckets is 0; expected 1 to 4096", problems);
        Assert.Contains("features: 'user' is listed 2 times under categorical", problems);
        Assert.Contains("features: column 'user' is both under categorical and under numeric; leave one of them out", problems);
        Assert.Contains(problems, problem => problem.StartsWith("features: column 'a#b' has a '#'", StringComparison.Ordinal));
        Assert.Contains("features: the cross [user] needs at least two columns; list a single one under categorical", problems);
        Assert.Contains("features: 'user#age' needs column 'age' as a category, but it is under numeric as dense; list it also as log2, quantile or value", problems);
        Assert.Contains(problems, problem => problem.StartsWith("features: list column 'tag' is used by no feature", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_AbsentColumn_NearestName()
    {
        FeatureSpec spec = FeatureColumns.Categorical("user_ID", "y");

        IReadOnlyList<string> problems = spec.Problems(["user_id", "y"], label: "y");

        Assert.Equal(
            [
                "features: column 'y' is the label and can't be a feature as well",
                "features: the data have no column 'user_ID'; did you mean \"user_id\"? their columns are: user_id, y",
            ],
            problems);
    }

    [Fact]
    public void Validate_Nothing_SaysWhatToList() =>
        Assert.StartsWith("features: there are none", Assert.Throws<BadInputException>(() => new FeatureSpec().Validate()).Message, StringComparison.Ordinal);
}
