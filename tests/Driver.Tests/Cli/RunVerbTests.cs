using MetaSpore.Spark.Driver.Tests.Agents;
using MetaSpore.Spark.Driver.Tests.Jobs;

namespace MetaSpore.Spark.Driver.Tests.Cli;

public sealed class RunVerbTests : IDisposable
{
    readonly JobFolder _folder = new();

    public RunVerbTests() => _folder.Add("rows.libsvm", string.Concat(Enumerable.Range(0, 25).Select(i => $"{i % 2} {i + 1}:1\n")));

    public void Dispose() => _folder.Dispose();

    Task<MetasporeProcess.Result> RunAsync(params string[] arguments) => MetasporeProcess.RunAsync(
        _folder.Root,
        ["run", "--agent", typeof(RowCountingAgent).FullName!, "--assembly", typeof(RowCountingAgent).Assembly.Location, .. arguments]);

    [Fact]
    public async Task Run_AgentOfAnAssembly_GetsItsAttributesAndRows()
    {
        MetasporeProcess.Result result = await RunAsync("-w", "2", "-s", "1", "--conf", "path=rows.libsvm", "--conf", "output=sum.txt", "--conf", "batch_size=10");
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
        Assert.Equal("30+20", File.ReadAllText(_folder.At("sum.txt")));
    }

    [Fact]
    public async Task Run_WorkerFails_IsExitCode1WithItsError()
    {
        MetasporeProcess.Result result = await RunAsync("-w", "2", "--conf", "path=rows.libsvm", "--conf", "output=sum.txt", "--conf", "failing_worker=1");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Equal("error: worker 1 failed in \"agent.train\": as asked\n", result.Error);
        Assert.False(File.Exists(_folder.At("sum.txt")));
    }

    [Fact]
    public async Task Run_UnknownAttribute_IsExitCode2()
    {
        MetasporeProcess.Result result = await RunAsync("--conf", "pth=rows.libsvm");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal(
            "error: --conf pth=rows.libsvm: RowCountingAgent has no property \"pth\"; did you mean \"Path\"? its properties: Path, Output, BatchSize, "
            + "FailingWorker, RequestTimeout, BarrierTimeout\n",
            result.Error);
    }

    [Fact]
    public async Task Run_UnknownType_IsExitCode2()
    {
        MetasporeProcess.Result result = await MetasporeProcess.RunAsync(
            _folder.Root, "run", "-a", "No.Such", "--assembly", typeof(RowCountingAgent).Assembly.Location);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("has no type 'No.Such'", result.Error, StringComparison.Ordinal);
    }
}
