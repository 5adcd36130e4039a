using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.SparkConnect.Tests.Fakes;

/// <summary>A Connect server in the test's process. It notes every request, and answers with what the script says.</summary>
sealed class FakeConnectServer : IAsyncDisposable
{
    readonly WebApplication _app;

    FakeConnectServer(WebApplication app, FakeScript script)
    {
        _app = app;
        Script = script;
    }

    public FakeScript Script { get; }

    public int Port { get; private set; }

    public ConnectionString Address => new()
    {
        Host = "127.0.0.1",
        Port = Port,
        UserId = "golden",
        SessionId = Guid.Parse("00000000-0000-4000-8000-000000000001"),
    };

    public static async Task<FakeConnectServer> StartAsync(FakeScript script)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(script);
        WebApplication app = builder.Build();
        app.MapGrpcService<FakeConnectService>();
        await app.StartAsync();
        string bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new FakeConnectServer(app, script) { Port = new Uri(bound).Port };
    }

    public Task<SparkSession> ConnectAsync(ConnectionTimes? times = null) =>
        SparkSession.ConnectAsync(Address, times ?? FakeScript.Quick, null, Xunit.TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Script.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
