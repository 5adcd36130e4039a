using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>How HDFS is reached: by WebHDFS, as a user without Kerberos. Immutable.</summary>
/// <param name="NameNodes">Addresses of the name nodes' or an HttpFS's web servers, of which one is active; empty: that of the location's host.</param>
/// <param name="User">The user.</param>
/// <param name="RetryDelay">The pause before the first repetition; each next one is twice as long.</param>
sealed record WebHdfsSettings(IReadOnlyList<Uri> NameNodes, string User, TimeSpan RetryDelay)
{
    const string Variable = "METASPORE_WEBHDFS";
    const int DefaultPort = 9870;

    /// <summary>Reads METASPORE_WEBHDFS and HADOOP_USER_NAME.</summary>
    /// <exception cref="BadInputException">METASPORE_WEBHDFS is no list of addresses.</exception>
    public static WebHdfsSettings FromEnvironment()
    {
        string user = Environment.GetEnvironmentVariable("HADOOP_USER_NAME") is { Length: > 0 } given ? given : Environment.UserName;
        string[] texts = (Environment.GetEnvironmentVariable(Variable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new WebHdfsSettings([.. texts.Select(Parse)], user, TimeSpan.FromMilliseconds(300));
    }

    /// <summary>The web servers for a location.</summary>
    /// <exception cref="BadInputException">Neither the location nor the settings name a host.</exception>
    public IReadOnlyList<Uri> ServersOf(StorageLocation location)
    {
        if (NameNodes.Count > 0) return NameNodes;
        string host = location.Authority.Split(':')[0];
        return host.Length > 0 && Uri.TryCreate($"http://{host}:{DefaultPort}", UriKind.Absolute, out Uri? server)
            ? [server]
            : throw new BadInputException($"'{location}' names no host: write hdfs://host/path, or set {Variable} to the name node's web address, such as http://namenode:{DefaultPort}");
    }

    static Uri Parse(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? server) && server.Scheme is "http" or "https"
        ? server
        : throw new BadInputException($"{Variable} is '{text}'; expected the name node's web address, such as http://namenode:{DefaultPort}, or several separated by commas");
}
