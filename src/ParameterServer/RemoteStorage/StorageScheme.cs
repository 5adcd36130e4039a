namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>Kinds of places that files can be at.</summary>
public enum StorageScheme
{
    /// <summary>A path of this machine, which may be a shared file system.</summary>
    Local,

    /// <summary>A bucket of an S3-compatible store, <c>s3://bucket/prefix</c> or <c>s3a://bucket/prefix</c>.</summary>
    S3,

    /// <summary>A path of HDFS, <c>hdfs://host[:port]/path</c>, reached by WebHDFS.</summary>
    Hdfs,
}
