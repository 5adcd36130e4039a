using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>
/// Where a file or folder is: a local path, <c>s3://bucket/prefix</c> (also <c>s3a://</c>), or <c>hdfs://host[:port]/path</c>.
/// Immutable; equal when the texts are.
/// </summary>
public sealed record StorageLocation
{
    readonly string _root;

    StorageLocation(StorageScheme scheme, string authority, string root, string path)
    {
        Scheme = scheme;
        Authority = authority;
        _root = root;
        Path = path;
    }

    /// <summary>What kind of place it is.</summary>
    public StorageScheme Scheme { get; }

    /// <summary>The bucket, or HDFS's <c>host[:port]</c> as written, which may be empty; empty for a local path.</summary>
    public string Authority { get; }

    /// <summary>S3: the key, without <c>/</c> at its ends; HDFS: the absolute path; local: the full path.</summary>
    public string Path { get; }

    /// <summary>The last part of the path; empty for a whole bucket or file system.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>What the place is in; itself at the top.</summary>
    public StorageLocation Parent => Scheme == StorageScheme.Local
        ? With(System.IO.Path.GetDirectoryName(Path) ?? Path)
        : With(Path.LastIndexOf('/') is > 0 and int at ? Path[..at] : Top);

    string Top => Scheme == StorageScheme.Hdfs ? "/" : "";

    /// <summary>Whether a text is an address that is no local path; addresses of <c>file:</c> are local.</summary>
    public static bool IsRemote(string text) =>
        text.Contains("://", StringComparison.Ordinal) && !text.StartsWith("file:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The text of a location: the full local path or the address, without a separator at its end.</summary>
    /// <exception cref="BadInputException">It is an address of an unknown kind, or no address.</exception>
    public static string Normalize(string text) => Parse(text).ToString();

    /// <summary>The text of what has the <paramref name="name"/> below a location.</summary>
    public static string Join(string location, string name) => IsRemote(location)
        ? $"{location.TrimEnd('/')}/{name}"
        : System.IO.Path.Combine(location, name);

    /// <summary>Understands a path or address; a relative path starts from the working directory.</summary>
    /// <exception cref="BadInputException">It is an address of an unknown kind, or no address.</exception>
    public static StorageLocation Parse(string text)
    {
        if (text.StartsWith("file:/", StringComparison.OrdinalIgnoreCase)) return Local(new Uri(text).LocalPath);
        int at = text.IndexOf("://", StringComparison.Ordinal);
        if (at < 0) return Local(text);
        string scheme = text[..at].ToLowerInvariant(), rest = text[(at + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? rest : rest[..slash], path = slash < 0 ? "" : rest[slash..].Trim('/');
        string[] parts = path.Split('/');
        if (path.Length > 0 && parts.Any(part => part is "" or "." or ".."))
            throw new BadInputException($"'{text}': expected an address without empty parts, '.' and '..'; correct it");
        switch (scheme)
        {
            case "s3" or "s3a" or "s3n":
                if (authority.Length == 0 || authority.Contains('@', StringComparison.Ordinal))
                    throw new BadInputException($"'{(authority.Length == 0 ? text : scheme + "://…")}': expected {scheme}://bucket/prefix with the name of a bucket alone before the first '/'; correct it");
                return new StorageLocation(StorageScheme.S3, authority, $"{scheme}://{authority}", path);
            case "hdfs" or "webhdfs":
                return new StorageLocation(StorageScheme.Hdfs, authority, $"{scheme}://{authority}", "/" + path);
            default:
                throw new BadInputException(
                    $"'{text}': expected a path, s3://, s3a:// or hdfs://, found '{scheme}://'; mount that file system and name its path, or use one of those");
        }
    }

    /// <summary>What has the <paramref name="name"/> below this place; <c>/</c> separates its parts.</summary>
    public StorageLocation Below(string name) => Scheme == StorageScheme.Local
        ? With(System.IO.Path.Combine(Path, name))
        : With(Path == Top ? Top + name : $"{Path}/{name}");

    /// <summary>Whether <paramref name="other"/> is this place or within it.</summary>
    public bool Contains(StorageLocation other)
    {
        if (Scheme != other.Scheme || Authority != other.Authority) return false;
        char separator = Scheme == StorageScheme.Local ? System.IO.Path.DirectorySeparatorChar : '/';
        return (other.Path + separator).StartsWith(Path.Length == 0 ? "" : Path.TrimEnd(separator) + separator, StringComparison.Ordinal);
    }

    /// <summary>The full local path, or the address.</summary>
    public override string ToString() => Scheme switch
    {
        StorageScheme.Local => Path,
        StorageScheme.S3 => Path.Length == 0 ? _root : $"{_root}/{Path}",
        _ => _root + Path,
    };

    StorageLocation With(string path) => new(Scheme, Authority, _root, path);

    static StorageLocation Local(string path) =>
        new(StorageScheme.Local, "", "", System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
}
