using System.Globalization;
using System.Net;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// The address of a Spark Connect server: <c>sc://host[:port]/;key=value;key=value</c>. Keys: <c>token</c>, <c>use_ssl</c>,
/// <c>user_id</c>, <c>user_agent</c>, <c>session_id</c>, <c>grpc_max_message_size</c>; every other pair is sent as a header of each call.
/// A token turns TLS on unless the host is this machine.
/// </summary>
public sealed record ConnectionString
{
    const int DefaultPort = 15002;
    const int DefaultMessageBytes = 128 << 20;

    /// <summary>Name or address of the server's machine.</summary>
    public required string Host { get; init; }

    /// <summary>Port of the server.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Whether the connection is encrypted.</summary>
    public bool UseSsl { get; init; }

    /// <summary>The secret that is sent as <c>authorization: Bearer</c>; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Name of the user; sessions belong to a user.</summary>
    public string UserId { get; init; } = Environment.UserName;

    /// <summary>Text before the client's own in the name that it gives of itself; null for none.</summary>
    public string? UserAgent { get; init; }

    /// <summary>An existing session to join; null for a new one.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>Largest message that is sent or received, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = DefaultMessageBytes;

    /// <summary>Further headers of each call.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the host is this machine.</summary>
    public bool IsLoopback => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>The address without its secrets, for messages.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"sc://{Host}:{Port}");

    /// <summary>Reads a connection string.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The parts.</returns>
    /// <exception cref="ArgumentException">The text is not well formed; the message says where. It repeats no value of a pair.</exception>
    public static ConnectionString Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string Scheme = "sc://";
        if (!text.StartsWith(Scheme, StringComparison.Ordinal)) throw Bad("must begin with sc://");
        string rest = text[Scheme.Length..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? rest : rest[..slash];
        string parameters = slash < 0 ? "" : rest[(slash + 1)..];
        if (authority.Contains(';', StringComparison.Ordinal)) throw Bad("needs a / between the port and the first ;");
        if (parameters.Length > 0 && parameters[0] != ';') throw Bad("has a path; expected /;key=value after host and port");
        (string host, int port) = Authority(authority);
        return WithPairs(new ConnectionString { Host = host, Port = port }, parameters);
    }

    static (string Host, int Port) Authority(string authority)
    {
        int bracket = authority.LastIndexOf(']');
        int colon = authority.LastIndexOf(':');
        if (colon <= bracket) colon = -1;
        string host = colon < 0 ? authority : authority[..colon];
        if (host.Length == 0) throw Bad("has no host");
        if (host[0] != '[' && host.Contains(':', StringComparison.Ordinal)) throw Bad("has an IPv6 address without brackets; write sc://[::1]:15002");
        if (colon < 0) return (host, DefaultPort);
        return int.TryParse(authority[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
            ? (host, port) : throw Bad($"has the port '{authority[(colon + 1)..]}'; expected a number from 1 to 65535");
    }

    static ConnectionString WithPairs(ConnectionString parsed, string parameters)
    {
        Dictionary<string, string> headers = [];
        bool? useSsl = null;
        foreach (string pair in parameters.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw Bad("has a part without '='; expected key=value between the semicolons");
            string key = Uri.UnescapeDataString(pair[..equals]).Trim();
            string value = Uri.UnescapeDataString(pair[(equals + 1)..]);
            switch (key)
            {
                case "token": parsed = parsed with { Token = value.Length > 0 ? value : throw Bad("has an empty token") }; break;
                case "use_ssl": useSsl = bool.TryParse(value, out bool on) ? on : throw Bad("has a use_ssl that is neither true nor false"); break;
                case "user_id": parsed = parsed with { UserId = value }; break;
                case "user_agent": parsed = parsed with { UserAgent = value }; break;
                case "session_id":
                    parsed = parsed with { SessionId = Guid.TryParse(value, out Guid id) ? id : throw Bad("has a session_id that is no UUID") };
                    break;
                case "grpc_max_message_size":
                    parsed = parsed with
                    {
                        MaxMessageBytes = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes) && bytes > 0
                            ? bytes : throw Bad("has a grpc_max_message_size that is no positive number of bytes"),
                    };
                    break;
                default: headers[key.ToLowerInvariant()] = value; break;
            }
        }

        if (parsed.Token is not null && useSsl == false && !parsed.IsLoopback)
            throw Bad("has a token and use_ssl=false; a token is sent without TLS to this machine only");
        return parsed with { Headers = headers, UseSsl = useSsl ?? (parsed.Token is not null && !parsed.IsLoopback) };
    }

    static ArgumentException Bad(string what) => new($"The connection string {what}. The form is sc://host:port/;token=…;use_ssl=true");
}
