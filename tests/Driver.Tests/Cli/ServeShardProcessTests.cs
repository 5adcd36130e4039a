using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Tests.Jobs;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Driver.Tests.Cli;

/// <summary>A shard as a process of its own: its line, its metrics, <c>top</c>, its refusals and its end.</summary>
public sealed class ServeShardProcessTests : IDisposable
{
    static readonly byte[] s_secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    static readonly Dictionary<string, string> s_none = [];

    readonly JobFolder _folder = new();

    public ServeShardProcessTests()
    {
        _folder.Add("secret", Convert.ToBase64String(s_secret));
        _folder.Add("other", Convert.ToBase64String(new byte[32]));
        if (!OperatingSystem.IsWindows())
            foreach (string name in (string[])["secret", "other"]) File.SetUnixFileMode(_folder.At(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _folder.Dispose();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServeShard_InUse_TellsTopAndPrometheusAndEndsInOrder()
    {
        using Process shard = MetasporeProcess.Start(_folder.Root, s_none, ["serve-shard", "--job", "ctr", "--secret-file", "secret", "--metrics-port", "0"]);
        JsonObject ready = JsonNode.Parse((await shard.StandardOutput.ReadLineAsync(Token))!)!.AsObject();
        Assert.Equal(("ctr", 1, shard.Id), ((string)ready["jobId"]!, (int)ready["protocol"]!, (int)ready["processId"]!));
        string endpoint = (string)ready["endpoint"]!;
        if (OperatingSystem.IsLinux())
            Assert.DoesNotContain("torch", await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{shard.Id}/maps"), Token), StringComparison.OrdinalIgnoreCase);

        await using (GrpcShardChannel channel = new(new Uri(endpoint), new ShardConnectionOptions { JobId = "ctr", Secret = s_secret }))
        {
            StoreLayout layout = new()
            {
                RunId = Guid.NewGuid(),
                Tables = [],
                DenseTensors = [new DenseTensorSpec { Name = "w", Shape = [4, 1], Updater = new SgdTensorUpdater(1) }],
            };
            await channel.ConfigureAsync(layout, 0, 1, Token);
            await channel.BeginEpochAsync(0, [0], Token);
            await channel.ExchangeAsync(new StepExchange { Step = new StepKey(layout.RunId, 1, 0, 0, 0), RowCount = 1 }, Token);
            using var http = new HttpClient();
            string metrics = await http.GetStringAsync(new Uri((string)ready["metrics"]!), Token);
            Assert.Contains("metaspore_shard_exchange_duration_seconds_count", metrics, StringComparison.Ordinal);
            Assert.Contains("metaspore_shard_received_bytes_total", metrics, StringComparison.Ordinal);

            MetasporeProcess.Result top = await MetasporeProcess.RunAsync(_folder.Root, "top", endpoint, "--job", "ctr", "--secret-file", "secret", "--once");
            Assert.True(top.ExitCode == 0, top.Error);
            Assert.Contains("0/1", top.Output, StringComparison.Ordinal);
            await channel.StopAsync(Token);
        }

        await shard.WaitForExitAsync(Token);
        Assert.Equal(0, shard.ExitCode);
        Assert.Equal("", await shard.StandardError.ReadToEndAsync(Token));
    }

    [Theory]
    [InlineData("ctr", "other", "the secret is missing or wrong: the caller belongs to another job, or to none; both need the same secret file")]
    [InlineData("cvr", "secret", "the shard belongs to job 'ctr', the caller to job 'cvr'; the endpoint is out of date: start the job again")]
    public async Task Top_OfAnotherJob_IsRefused(string job, string secret, string message)
    {
        using Process shard = MetasporeProcess.Start(_folder.Root, s_none, ["serve-shard", "--job", "ctr", "--secret-file", "secret"]);
        try
        {
            string endpoint = (string)JsonNode.Parse((await shard.StandardOutput.ReadLineAsync(Token))!)!["endpoint"]!;
            MetasporeProcess.Result top = await MetasporeProcess.RunAsync(_folder.Root, "top", endpoint, "--job", job, "--secret-file", secret, "--once");
            Assert.Equal((2, $"error: {message}\n"), (top.ExitCode, top.Error));
        }
        finally
        {
            shard.Kill();
            await shard.WaitForExitAsync(Token);
        }
    }

    [Fact]
    public async Task ServeShard_WhoseLeaseEnds_SaysWhatBecameOfTheRows()
    {
        MetasporeProcess.Result shard = await MetasporeProcess.RunAsync(
            _folder.Root, "serve-shard", "--job", "ctr", "--secret-file", "secret", "--lease", "0.01", "--lease-snapshot", "rows");
        Assert.Equal((0, "Nobody called the shard for 0.01 minutes: its lease is over. It held nothing.\n"), (shard.ExitCode, shard.Error));
    }

    [Fact]
    public async Task ServeShard_WithALeaseFolderThatCanNotBeMade_IsRefused()
    {
        MetasporeProcess.Result shard = await MetasporeProcess.RunAsync(
            _folder.Root, "serve-shard", "--job", "ctr", "--secret-file", "secret", "--lease-snapshot", "secret/rows");
        Assert.Equal((2, ""), (shard.ExitCode, shard.Output));
        Assert.StartsWith("error: --lease-snapshot \"secret/rows\" can't be made: ", shard.Error, StringComparison.Ordinal);
        Assert.EndsWith(" Correct the path or its permissions.\n", shard.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServeShard_WithASecretThatOthersCanRead_IsRefused()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no Unix file modes.");
        else File.SetUnixFileMode(_folder.At("secret"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        MetasporeProcess.Result shard = await MetasporeProcess.RunAsync(_folder.Root, "serve-shard", "--job", "ctr", "--secret-file", "secret");
        Assert.Equal((2, "error: --secret-file \"secret\" can be read by others; run: chmod 600 secret\n"), (shard.ExitCode, shard.Error));
    }
}
