using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>Opens folders of objects.</summary>
public static class ObjectFolder
{
    /// <summary>The largest object that is read whole into memory unless said otherwise, in bytes.</summary>
    public const int MaxSmallLength = 64 << 20;

    /// <summary>The largest number of objects that are listed.</summary>
    public const int MaxObjects = 1_000_000;

    /// <summary>
    /// Names a folder; nothing is read or written. How a store is reached is said by the environment (docs/storage.md).
    /// </summary>
    /// <param name="location">A local path, <c>s3://bucket/prefix</c> (also <c>s3a://</c>), or <c>hdfs://host[:port]/path</c>.</param>
    /// <exception cref="BadInputException">It is none of these, or the environment does not say how it is reached.</exception>
    public static IObjectFolder Open(string location) => Open(StorageLocation.Parse(location));

    /// <summary>Names a folder; nothing is read or written.</summary>
    /// <exception cref="BadInputException">The environment does not say how it is reached.</exception>
    public static IObjectFolder Open(StorageLocation location) => location.Scheme switch
    {
        StorageScheme.S3 => new S3ObjectFolder(location, S3Settings.FromEnvironment()),
        StorageScheme.Hdfs => new HdfsObjectFolder(location, WebHdfsSettings.FromEnvironment()),
        _ => new LocalObjectFolder(location),
    };

    /// <summary>Refuses a name that could lead out of a folder.</summary>
    /// <exception cref="ArgumentException">It could.</exception>
    internal static void RequireName(string name)
    {
        if (name.Length == 0 || name.Split('/').Any(part => part is "" or "." or "..") || name.Contains('\\', StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' is no name of an object below a folder", nameof(name));
    }

    /// <summary>The deadline of a call that moves content.</summary>
    internal static TimeSpan LimitFor(long bytes) => TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(bytes / (double)(1 << 20));

    /// <summary>What a small object that is too large causes.</summary>
    internal static BadInputException TooLarge(StorageLocation location, long length, long maxLength) =>
        new($"'{location}': expected at most {maxLength} bytes, found {length}: it is no file of this program, or damaged; restore it from a copy");
}
