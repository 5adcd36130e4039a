using MetaSpore.Spark.Driver.Tests.Jobs;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>What workers and shards say of a first line that they can't read.</summary>
public sealed class AssignmentTests
{
    [Theory]
    [InlineData("worker", "", "The worker got no assignment on its standard input; workers are started by 'metaspore train --processes'.")]
    [InlineData("worker", "null\n", "The worker got no assignment on its standard input; workers are started by 'metaspore train --processes'.")]
    [InlineData("worker", "\n", "The worker's assignment can't be read ($); both sides need the same build.")]
    [InlineData("worker", "garbage\n", "The worker's assignment can't be read ($); both sides need the same build.")]
    [InlineData("worker", "{\"rank\":\"x\"}\n", "The worker's assignment can't be read ($.rank); both sides need the same build.")]
    [InlineData("serve-shard", "", "The shard got no assignment on its standard input.")]
    [InlineData("serve-shard", "null\n", "The shard got no assignment on its standard input.")]
    [InlineData("serve-shard", "\n", "The shard's assignment can't be read ($); both sides need the same build.")]
    [InlineData("serve-shard", "garbage\n", "The shard's assignment can't be read ($); both sides need the same build.")]
    [InlineData("serve-shard", "{\"maxTableBytes\":\"x\"}\n", "The shard's assignment can't be read ($.maxTableBytes); both sides need the same build.")]
    public async Task Assignment_ThatCanNotBeRead_IsBadInput(string verb, string input, string expected)
    {
        using JobFolder folder = new();
        string[] arguments = verb == "serve-shard" ? [verb, "--assigned"] : [verb];
        MetasporeProcess.Result result = await MetasporeProcess.RunWithInputAsync(folder.Root, input, arguments)
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.Equal((2, "", $"error: {expected}\n"), (result.ExitCode, result.Output, result.Error));
    }
}
