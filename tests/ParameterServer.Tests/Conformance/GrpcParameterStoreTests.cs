using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

public sealed class GrpcParameterStoreTests : ParameterStoreConformance
{
    protected override IShardChannel NewChannel(ShardOptions options) => new HostedShardChannel(options, WireEncoding.Plain);
}

public sealed class GrpcDeltaParameterStoreTests : ParameterStoreConformance
{
    protected override IShardChannel NewChannel(ShardOptions options) => new HostedShardChannel(options, WireEncoding.DeltaKeys);
}
