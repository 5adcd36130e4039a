namespace MetaSpore.Spark.Launch.Tests;

public sealed class LauncherJarTests
{
    [Fact]
    public async Task Launcher_AgainstStandInsForSpark_PassesItsOwnTests()
    {
        SparkDistribution.SkipWithoutJdk();
        await using RunningProgram tests = RunningProgram.Start(Path.Combine(SubmitScript.Root, "jars", "test.sh"), [], SubmitScript.Root);
        int code = await tests.EndAsync();
        Assert.True(code == 0 && tests.Output.Contains("all launcher tests passed", StringComparison.Ordinal), tests.Output + tests.Error);
    }
}
