using Google.Protobuf;
using MetaSpore.Spark.SparkConnect.Protocol;
using MetaSpore.Spark.SparkConnect.Tests.Fakes;
using Xunit;
using static MetaSpore.Spark.SparkConnect.Functions;

namespace MetaSpore.Spark.SparkConnect.Tests.DataFrames;

/// <summary>Plans as Spark's protocol wants them, written by hand; only the range below each plan is left out.</summary>
public sealed class PlanTests : IAsyncLifetime
{
    FakeConnectServer? _server;
    SparkSession? _spark;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeConnectServer.StartAsync(new FakeScript());
        _spark = await _server.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _spark!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    const string A = "{\"unresolvedAttribute\":{\"unparsedIdentifier\":\"a\"}}";

    public static TheoryData<string, Func<DataFrame, DataFrame>, string> Plans() => new()
    {
        { "select", df => df.Select("a", "*"), $"{{\"project\":{{\"expressions\":[{A},{{\"unresolvedStar\":{{}}}}]}}}}" },
        { "selectExpr", df => df.SelectExpr("a + 1"), "{\"project\":{\"expressions\":[{\"expressionString\":{\"expression\":\"a + 1\"}}]}}" },
        { "filter", df => df.Filter(Col("a") > 2 & !Col("a").IsNull()), $"{{\"filter\":{{\"condition\":{Call("and", Call(">", A, "{\"literal\":{\"integer\":2}}"), Call("not", Call("isNull", A)))}}}}}" },
        { "notEqual", df => df.Filter(Col("a").NotEqual("x")), $"{{\"filter\":{{\"condition\":{Call("not", Call("==", A, "{\"literal\":{\"string\":\"x\"}}"))}}}}}" },
        { "when", df => df.Select(When(Col("a").EqualTo(1), "one").Otherwise(null)), $"{{\"project\":{{\"expressions\":[{Call("when", Call("==", A, "{\"literal\":{\"integer\":1}}"), "{\"literal\":{\"string\":\"one\"}}", "{\"literal\":{\"null\":{\"null\":{}}}}")}]}}}}" },
        { "withColumn", df => df.WithColumn("b", Col("a").Cast("double")), $"{{\"withColumns\":{{\"aliases\":[{{\"name\":[\"b\"],\"expr\":{{\"cast\":{{\"expr\":{A},\"typeStr\":\"double\"}}}}}}]}}}}" },
        { "renamed", df => df.WithColumnRenamed("a", "b"), "{\"withColumnsRenamed\":{\"renameColumnsMap\":{\"a\":\"b\"}}}" },
        { "drop", df => df.Drop("a", "b"), "{\"drop\":{\"columnNames\":[\"a\",\"b\"]}}" },
        { "orderBy", df => df.OrderBy(Col("a").Desc()), $"{{\"sort\":{{\"isGlobal\":true,\"order\":[{{\"child\":{A},\"direction\":\"SORT_DIRECTION_DESCENDING\",\"nullOrdering\":\"SORT_NULLS_LAST\"}}]}}}}" },
        { "sortWithin", df => df.SortWithinPartitions("a"), $"{{\"sort\":{{\"isGlobal\":false,\"order\":[{{\"child\":{A},\"direction\":\"SORT_DIRECTION_ASCENDING\",\"nullOrdering\":\"SORT_NULLS_FIRST\"}}]}}}}" },
        { "limit", df => df.Limit(3), "{\"limit\":{\"limit\":3}}" },
        { "offset", df => df.Offset(3), "{\"offset\":{\"offset\":3}}" },
        { "distinct", df => df.Distinct(), "{\"deduplicate\":{\"allColumnsAsKeys\":true}}" },
        { "dropDuplicates", df => df.DropDuplicates("a"), "{\"deduplicate\":{\"columnNames\":[\"a\"]}}" },
        { "repartition", df => df.Repartition(4), "{\"repartition\":{\"numPartitions\":4,\"shuffle\":true}}" },
        { "coalesce", df => df.Coalesce(2), "{\"repartition\":{\"numPartitions\":2,\"shuffle\":false}}" },
        { "byHash", df => df.Repartition(4, Col("a")), $"{{\"repartitionByExpression\":{{\"partitionExprs\":[{A}],\"numPartitions\":4}}}}" },
        { "alias", df => df.Alias("t"), "{\"subqueryAlias\":{\"alias\":\"t\"}}" },
        { "toDF", df => df.ToDF("x"), "{\"toDf\":{\"columnNames\":[\"x\"]}}" },
        { "sample", df => df.Sample(0.25, seed: 7), "{\"sample\":{\"lowerBound\":0,\"upperBound\":0.25,\"withReplacement\":false,\"seed\":\"7\"}}" },
        { "split", df => df.RandomSplit([1, 3], seed: 5)[1], "{\"sample\":{\"lowerBound\":0.25,\"upperBound\":1,\"withReplacement\":false,\"seed\":\"5\",\"deterministicOrder\":true}}" },
        { "fillNa", df => df.FillNa(0, "a"), "{\"fillNa\":{\"cols\":[\"a\"],\"values\":[{\"long\":\"0\"}]}}" },
        { "dropNa", df => df.DropNa(isAll: true), "{\"dropNa\":{\"minNonNulls\":1}}" },
        { "hint", df => df.Hint("broadcast"), "{\"hint\":{\"name\":\"broadcast\"}}" },
        { "groupBy", df => df.GroupBy("a").Count(), "{\"aggregate\":{\"groupType\":\"GROUP_TYPE_GROUPBY\",\"groupingExpressions\":[" + A
            + "],\"aggregateExpressions\":[{\"alias\":{\"name\":[\"count\"],\"expr\":" + Call("count", "{\"literal\":{\"integer\":1}}") + "}}]}}" },
    };

    [Theory]
    [MemberData(nameof(Plans), DisableDiscoveryEnumeration = true)]
    public void Plan_OfOneStep_IsTheProtocols(string name, Func<DataFrame, DataFrame> step, string expected)
    {
        Assert.NotEmpty(name);
        DataFrame range = _spark!.Range(5);
        Relation actual = step(range).Node.Relation.Clone();
        object inner = Relation.Descriptor.Oneofs[0].Accessor.GetCaseFieldDescriptor(actual)!.Accessor.GetValue(actual);
        Google.Protobuf.Reflection.FieldDescriptor input = ((IMessage)inner).Descriptor.FindFieldByName("input");
        Assert.Equal(range.Node.Relation, input.Accessor.GetValue((IMessage)inner));
        input.Accessor.Clear((IMessage)inner);
        actual.Common = null;
        Assert.Equal(JsonParser.Default.Parse<Relation>(expected), actual);
    }

    [Fact]
    public void Join_OnColumnsOfTheSameName_NamesTheirSides()
    {
        DataFrame left = _spark!.Range(3);
        DataFrame right = _spark.Range(4);
        Join join = left.Join(right, left["id"].EqualTo(right["id"]), JoinType.LeftOuter).Node.Relation.Join;
        Assert.Equal(Join.Types.JoinType.LeftOuter, join.JoinType);
        Assert.Equal([left.Node.Id, right.Node.Id], join.JoinCondition.UnresolvedFunction.Arguments.Select(side => side.UnresolvedAttribute.PlanId));
        Assert.Equal([join.Left.Common.PlanId, join.Right.Common.PlanId], [left.Node.Id, right.Node.Id]);
    }

    [Fact]
    public void MapInArrow_OddColumnNames_AreQuoted()
    {
        DataFrame mapped = _spark!.Range(1).MapInArrow(new ArrowFunction("f", new byte[] { 1 }), "x INT", ["plain", "a.b", "c`d"], barrier: true);
        CommonInlineUserDefinedFunction function = mapped.Node.Relation.MapPartitions.Func;
        Assert.Equal(["plain", "`a.b`", "`c``d`"], function.Arguments.Select(argument => argument.UnresolvedAttribute.UnparsedIdentifier));
        Assert.Equal((207, "metaspore1;spark=4.3", true), (function.PythonUdf.EvalType, function.PythonUdf.PythonVer, mapped.Node.Relation.MapPartitions.IsBarrier));
    }

    [Fact]
    public async Task Join_OfTwoSessions_IsRefused()
    {
        await using SparkSession other = await _spark!.NewSessionAsync(TestContext.Current.CancellationToken);
        ArgumentException error = Assert.Throws<ArgumentException>(() => _spark.Range(1).Union(other.Range(1)));
        Assert.StartsWith("Both DataFrames must belong to the same session.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lit_UnknownType_IsRefusedByName()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Lit(new Version(1, 2)));
        Assert.StartsWith("a value of System.Version can't stand in a plan; give a number", error.Message, StringComparison.Ordinal);
    }

    static string Call(string name, params string[] arguments) =>
        $"{{\"unresolvedFunction\":{{\"functionName\":\"{name}\",\"arguments\":[{string.Join(',', arguments)}]}}}}";
}
