using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

public sealed class LocalParameterStoreTests : ParameterStoreConformance
{
    protected override IShardChannel NewChannel(ShardOptions options) => new LocalShardChannel(options);
}
