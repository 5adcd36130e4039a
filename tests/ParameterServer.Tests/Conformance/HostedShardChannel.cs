using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Tests.Client;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>
/// A shard behind gRPC over loopback, host and channel in one. The layout is given to the host directly, because the suite's
/// own updaters have no serialised form.
/// </summary>
sealed class HostedShardChannel(ShardOptions options, WireEncoding encoding) : ForwardingChannel
{
    public static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))];

    ShardHost? _host;
    GrpcShardChannel? _channel;

    protected override IShardChannel Inner => _channel ?? throw new InvalidOperationException("not configured");

    public override async ValueTask ConfigureAsync(StoreLayout layout, int shard, int shardCount, CancellationToken cancellationToken)
    {
        ShardHostOptions host = new() { JobId = "conformance", Secret = Secret, Shard = options };
        _host = await ShardHost.StartAsync(host, null, cancellationToken);
        _channel = new GrpcShardChannel(_host.Endpoint, new ShardConnectionOptions { JobId = "conformance", Secret = Secret, Encoding = encoding });
        _host.Shard.Configure(layout, shard, shardCount);
        _channel.Attach(layout, shard, shardCount);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_host is not null) await _host.DisposeAsync();
    }
}
