using MetaSpore.Spark.Model.Errors;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Errors;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("epoch", "epochs")]
    [InlineData("batch_size", "batchSize")]
    [InlineData("bathcSize", "batchSize")]
    [InlineData("early", "earlyStopping")]
    [InlineData("optimizer", null)]
    [InlineData("x", null)]
    public void Find_Misspelt_FindsTheNearOneOnly(string name, string? expected) =>
        Assert.Equal(expected, NearestName.Find(name, ["epochs", "batchSize", "earlyStopping", "seed"]));
}
