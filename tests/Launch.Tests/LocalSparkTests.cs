using System.Globalization;
using System.Net;

namespace MetaSpore.Spark.Launch.Tests;

[Trait("Category", SparkDistribution.Category)]
public sealed class LocalSparkTests : IDisposable
{
    readonly LaunchFolder _folder = new();

    public LocalSparkTests() => SparkDistribution.SkipWithoutJdk();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("4.3.0")]
    [InlineData("3.5.7")]
    public async Task Program_OnItsEnd_GivesItsExitCode(string version)
    {
        string program = _folder.WriteScript("program.sh", "echo \"got $* at $SPARK_REMOTE with $METASPORE_WORKER\"; exit 3");
        await using RunningProgram run = SubmitScript.Start(SparkDistribution.Home(version), _folder, null,
            "--master", "local[2]", "--conf", "spark.ui.enabled=false", "--allow-insecure-connect", "--", "exec", program, "a b", "c");

        Assert.Equal(3, await run.EndAsync());
        Assert.Matches($@"got a b c at sc://localhost:\d+ with {AppContext.BaseDirectory}metaspore", run.Output);
        Assert.Contains("/bin/spark-submit --master local\\[2\\]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_WhileTheProgramRuns_IsNeededAndSeenNowhereElse()
    {
        string program = _folder.WriteScript("program.sh", """
            trap 'echo "in good order"; exit 0' TERM
            echo "at $SPARK_REMOTE"
            echo "token $SPARK_CONNECT_AUTHENTICATE_TOKEN"
            echo "pid $$"
            i=0
            while [ $i -lt 1200 ]; do sleep 0.1; i=$((i + 1)); done
            """);
        string events = Directory.CreateDirectory(_folder.PathOf("events")).FullName;
        await using RunningProgram run = SubmitScript.Start(SparkDistribution.Home("4.3.0"), _folder, null,
            "--master", "local[2]", "--conf", "spark.ui.enabled=false", "--conf", "spark.eventLog.enabled=true", "--conf", $"spark.eventLog.dir=file://{events}",
            "--conf", "spark.eventLog.compress=false", "--", "exec", program);
        string address = "http://127.0.0.1:" + (await run.AwaitAsync("at sc://localhost:"));
        string token = await run.AwaitAsync("token ");
        int child = int.Parse(await run.AwaitAsync("pid "), CultureInfo.InvariantCulture);

        Assert.Matches("^[0-9a-f]{64}$", token);
        const string unauthenticated = "16";
        Assert.Equal(unauthenticated, await CallAsync(address, null));
        Assert.Equal(unauthenticated, await CallAsync(address, new string('0', 64)));
        Assert.NotEqual(unauthenticated, await CallAsync(address, token));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Select(ReadCommandLine), line => line.Contains(token, StringComparison.Ordinal));

        await run.SignalAsync("TERM");
        Assert.Equal(143, await run.EndAsync());
        Assert.Contains("in good order", run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists($"/proc/{child}/cmdline"), "the driver program outlives its launcher");
        Assert.DoesNotContain(token, run.Error, StringComparison.Ordinal);
        string[] logs = [.. Directory.EnumerateFiles(events, "*", SearchOption.AllDirectories).Select(File.ReadAllText)];
        Assert.Contains(logs, log => log.Contains("spark.connect.grpc.binding.address", StringComparison.Ordinal));
        Assert.DoesNotContain(logs, log => log.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Train_OfThisProgram_IsTheDriver()
    {
        string config = _folder.Write("job.yaml", "data: {train: [none.csv]}\nnonsense: 1\n");
        await using RunningProgram run = SubmitScript.Start(SparkDistribution.Home("4.3.0"), _folder, null,
            "--master", "local[1]", "--conf", "spark.ui.enabled=false", "--", "train", "--config", config, "--set", "training.epochs=2");
        Assert.Equal(2, await run.EndAsync());
        Assert.Contains("job.yaml:2: nonsense: unknown key", run.Error, StringComparison.Ordinal);
    }

    static string ReadCommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }

    // The gRPC status of one call: an empty message to a method of the Connect service.
    static async Task<string> CallAsync(string address, string? token)
    {
        using var client = new HttpClient();
        using var content = new ByteArrayContent(new byte[5]);
        content.Headers.ContentType = new("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, address + "/spark.connect.SparkConnectService/Config")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.Add(new("trailers"));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return response.Headers.Concat(response.TrailingHeaders).First(header => header.Key == "grpc-status").Value.Single();
    }
}
