using Grpc.Core;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Names and versions that both ends agree on.</summary>
static class WireProtocol
{
    /// <summary>Version of everything in this folder; ends of different versions refuse each other.</summary>
    public const int Version = 1;

    /// <summary>Metadata entry with <see cref="Version"/>.</summary>
    public const string VersionKey = "metaspore-protocol";

    /// <summary>Metadata entry with the job's name.</summary>
    public const string JobKey = "metaspore-job";

    /// <summary>Metadata entry with <c>Bearer</c> and the secret in base64.</summary>
    public const string SecretKey = "authorization";

    /// <summary>Metadata entry of an exchange stream: the <see cref="WireEncoding"/> as a number.</summary>
    public const string EncodingKey = "metaspore-encoding";

    /// <summary>Metadata entry with the <see cref="ShardAddress"/> that the caller looks for.</summary>
    public const string ShardKey = "metaspore-shard";

    /// <summary>Metadata entry of a control call that changes the shard: its <see cref="CallNumber"/>.</summary>
    public const string CallKey = "metaspore-call";

    /// <summary>The step exchange.</summary>
    public static Method<WireMessage, WireMessage> Exchange { get; } = new(
        MethodType.DuplexStreaming, "metaspore.spark.ShardExchange", "Exchange", WireMessage.Marshaller, WireMessage.Marshaller);

    /// <summary>The value of <see cref="SecretKey"/>.</summary>
    public static string Bearer(ReadOnlySpan<byte> secret) => "Bearer " + Convert.ToBase64String(secret);
}
