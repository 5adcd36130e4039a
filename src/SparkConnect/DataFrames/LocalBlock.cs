using Google.Protobuf;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Rows that are too many for a plan and are sent once a session, as an artifact.</summary>
/// <param name="Hash">SHA-256 of the bytes, in lower-case hexadecimal.</param>
/// <param name="Bytes">The serialised relation.</param>
sealed record LocalBlock(string Hash, ByteString Bytes);
