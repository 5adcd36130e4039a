using System.Net;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// One shard behind gRPC, in this process: <c>metaspore serve-shard</c>, or inside another long-lived process. Thread-safe.
/// </summary>
public sealed class ShardHost : IAsyncDisposable
{
    const int WindowBytes = 16 << 20;
    const int FrameBytes = 1 << 20;
    const string CollectorVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    readonly WebApplication _application;
    readonly HostedShard _shard;
    readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ShardLease? _lease;

    ShardHost(ShardHostOptions options, ILoggerFactory? loggers)
    {
        _shard = new HostedShard(options);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (loggers is not null) builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        if (options.Certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new WireMemoryPool.Factory());
        builder.Services.AddRouting();
        builder.Services.AddSingleton(this).AddSingleton(_shard).AddSingleton<ExchangeService>().AddSingleton<ControlService>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<CallerCheck>(options, _shard);
        });
        builder.Services.AddGrpcHealthChecks().AddCheck("shard", () => HealthCheckResult.Healthy());
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => AddExporters(metrics.AddMeter(ShardTraffic.SourceName), options))
            .WithTracing(traces => AddExporters(traces.AddSource(ShardTraffic.SourceName)));
        _application = builder.Build();
        if (options.MetricsPort is not null)
            _application.UseWhen(context => !HttpProtocol.IsHttp2(context.Request.Protocol), branch => branch.UseOpenTelemetryPrometheusScrapingEndpoint());
        _application.MapGrpcService<ExchangeService>();
        _application.MapGrpcService<ControlService>();
        _application.MapGrpcHealthChecksService();
        if (options.Lease is { } lease)
            _lease = new ShardLease(_shard, lease, _stopRequested, (ILogger?)loggers?.CreateLogger<ShardHost>() ?? NullLogger.Instance);
    }

    /// <summary>Version of the wire protocol that this build speaks.</summary>
    public static int ProtocolVersion => Wire.WireProtocol.Version;

    /// <summary>Where the shard listens, such as <c>http://127.0.0.1:40123</c>.</summary>
    public Uri Endpoint { get; private set; } = new("http://127.0.0.1");

    /// <summary>Where the metrics are; null: nowhere.</summary>
    public Uri? MetricsEndpoint { get; private set; }

    /// <summary>Its lease; null: it has none.</summary>
    internal ShardLease? Lease => _lease;

    /// <summary>The shard.</summary>
    internal HostedShard Shard => _shard;

    /// <summary>
    /// Completes when the host should stop: a caller or the end of its lease asked for it. Fails with a
    /// <see cref="BadInputException"/> when the rows could not be written at the end of the lease.
    /// </summary>
    public Task StopRequested => _stopRequested.Task;

    /// <summary>What became of the rows at the end of the lease; null: the lease has not ended.</summary>
    public string? LeaseReport => _lease?.Report;

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Job, secret, address, limits.</param>
    /// <param name="loggers">Receives what the host logs; null: nothing is logged.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="BadInputException">The port is taken, or the address is not of this machine; or the secret is too short.</exception>
    public static async Task<ShardHost> StartAsync(ShardHostOptions options, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        if (options.Secret.Length < 16)
            throw new BadInputException($"the secret has {options.Secret.Length} bytes; expected at least 16 random ones");
        ShardHost host = new(options, loggers);
        try
        {
            await host._application.StartAsync(cancellationToken);
            string[] addresses = [.. host._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
            host.Endpoint = new Uri(addresses[0]);
            if (options.MetricsPort is not null) host.MetricsEndpoint = new Uri(new Uri(addresses[1]), "/metrics");
            return host;
        }
        catch (Exception error)
        {
            await host.DisposeAsync();
            if (error is not (IOException or System.Net.Sockets.SocketException)) throw;
            throw new BadInputException(
                $"a shard can't listen on {new IPEndPoint(options.Address, options.Port)}: {error.Message} Use port 0 for any free one, or an address of this machine.", error);
        }
    }

    /// <summary>A way to the shard for this process, without the network; it does not end the shard, and its calls renew the lease.</summary>
    public IShardChannel OpenChannel() => new HostedShardChannel(_shard);

    /// <summary>Asks whoever runs the host to stop it.</summary>
    public void RequestStop() => _stopRequested.TrySetResult();

    /// <summary>Refuses new calls, ends waiting ones, and frees the tables.</summary>
    public async ValueTask DisposeAsync()
    {
        await _shard.Stopping.CancelAsync();
        if (_lease is not null) await _lease.DisposeAsync();
        await _application.StopAsync();
        await _application.DisposeAsync();
        await _shard.DisposeAsync();
        _stopRequested.TrySetResult();
    }

    static void Configure(KestrelServerOptions kestrel, ShardHostOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.Http2.InitialConnectionWindowSize = WindowBytes;
        kestrel.Limits.Http2.InitialStreamWindowSize = WindowBytes;
        kestrel.Limits.Http2.MaxFrameSize = FrameBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
        kestrel.Listen(options.Address, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (options.Certificate is { } certificate) listen.UseHttps(certificate);
        });
        if (options.MetricsPort is { } port) kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
    }

    static void AddExporters(MeterProviderBuilder metrics, ShardHostOptions options)
    {
        if (options.MetricsPort is not null) metrics.AddPrometheusExporter();
        if (Environment.GetEnvironmentVariable(CollectorVariable) is not null) metrics.AddOtlpExporter();
    }

    static void AddExporters(TracerProviderBuilder traces)
    {
        if (Environment.GetEnvironmentVariable(CollectorVariable) is not null) traces.AddOtlpExporter();
    }
}
