using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Tests.Agents;

public sealed class AgentAttributesTests
{
    public enum Colour
    {
        Red,
        Green,
    }

    sealed class OptionsAgent : Agent
    {
        public int BatchSize { get; set; } = 10;

        public double Rate { get; set; }

        public string? Path { get; set; } = "x";

        public bool Shuffle { get; set; }

        public long? Limit { get; set; } = 3;

        public Colour Colour { get; set; }

        public object? Anything { get; set; }

        public int Fixed { get; } = 1;

        public int Positive
        {
            get => 1;
            set => ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        }
    }

    static OptionsAgent Apply(params string[] settings)
    {
        OptionsAgent agent = new();
        AgentAttributes.Apply(agent, settings);
        return agent;
    }

    [Fact]
    public void Apply_EveryType_IsReadAsTheProperty()
    {
        OptionsAgent agent = Apply("batch_size=20", "rate=1e-3", "PATH=a=b", "shuffle=true", "limit=null", "colour=green");
        Assert.Equal((20, 1e-3, "a=b", true, null, Colour.Green), (agent.BatchSize, agent.Rate, agent.Path, agent.Shuffle, agent.Limit, agent.Colour));
        Assert.Null(Apply("path=null").Path);
        Assert.Equal("5", Apply("path=5").Path);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("5", 5)]
    [InlineData("-2.5", -2.5)]
    [InlineData("1e3", 1000.0)]
    [InlineData("five", "five")]
    public void Apply_ObjectProperty_GuessesTheType(string text, object expected) => Assert.Equal(expected, Apply($"anything={text}").Anything);

    [Theory]
    [InlineData("batch_sise=5", "OptionsAgent has no property \"batch_sise\"; did you mean \"BatchSize\"? its properties: ")]
    [InlineData("batch_size=many", "expected a whole number for BatchSize, found \"many\"")]
    [InlineData("batch_size=1.5", "expected a whole number for BatchSize, found \"1.5\"")]
    [InlineData("batch_size=null", "BatchSize can't be null; expected a whole number")]
    [InlineData("colour=blue", "expected one of Red, Green for Colour, found \"blue\"")]
    [InlineData("colour=1", "expected one of Red, Green for Colour, found \"1\"")]
    [InlineData("fixed=2", "OptionsAgent has no property \"fixed\"; ")]
    [InlineData("positive=0", "value ('0') must be greater than or equal to '1'.")]
    [InlineData("rank=1", "OptionsAgent has no property \"rank\"; ")]
    [InlineData("=5", "expected NAME=VALUE")]
    public void Apply_Wrong_SaysWhat(string setting, string expected)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Apply(setting));
        Assert.StartsWith($"--conf {setting}: {expected}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_SeveralWrong_AllAtOnce() =>
        Assert.Equal(2, Assert.Throws<BadInputException>(() => Apply("a=1", "rate=x", "path=ok")).Problems.Count);

    [Fact]
    public async Task Launch_CountsOutOfRange_AllAtOnce()
    {
        BadInputException e = await Assert.ThrowsAsync<BadInputException>(
            () => new PSLauncher { WorkerCount = 0, ServerCount = -1 }.LaunchAsync<OptionsAgent>(TestContext.Current.CancellationToken));
        Assert.Equal(["worker count is 0; expected 1 to 1024", "server count is -1; expected 1 to 1024"], e.Problems);
    }
}
