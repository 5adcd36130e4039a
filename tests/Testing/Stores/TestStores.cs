namespace MetaSpore.Spark.Testing.Stores;

/// <summary>
/// The stores of this process of tests. The environment says how they are reached; tests keep apart by the names of their folders.
/// </summary>
public static class TestStores
{
    /// <summary>The bucket that every test may use.</summary>
    public const string Bucket = "tests";

    static readonly Lazy<(S3Server S3, WebHdfsServer Hdfs)> s_stores = new(Start);

    /// <summary>The S3 server.</summary>
    public static S3Server S3 => s_stores.Value.S3;

    /// <summary>The WebHDFS server.</summary>
    public static WebHdfsServer Hdfs => s_stores.Value.Hdfs;

    /// <summary>A new location that no other test uses.</summary>
    /// <param name="kind"><c>s3</c>, <c>s3a</c> or <c>hdfs</c>.</param>
    public static string NewLocation(string kind)
    {
        _ = s_stores.Value;
        string name = $"test-{Guid.NewGuid():N}";
        return kind == "hdfs" ? $"hdfs://namenode:8020/user/{name}" : $"{kind}://{Bucket}/{name}";
    }

    static (S3Server S3, WebHdfsServer Hdfs) Start()
    {
        S3Server s3 = new();
        WebHdfsServer hdfs = new();
        s3.Bucket(Bucket);
        foreach ((string name, string value) in new (string, string)[]
        {
            ("AWS_ENDPOINT_URL_S3", s3.Address),
            ("AWS_ACCESS_KEY_ID", S3Server.AccessKey),
            ("AWS_SECRET_ACCESS_KEY", "test-secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("METASPORE_S3_PATH_STYLE", "1"),
            ("METASPORE_WEBHDFS", $"{hdfs.Address}/standby,{hdfs.Address}"),
            ("HADOOP_USER_NAME", "tester"),
        })
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        return (s3, hdfs);
    }
}
