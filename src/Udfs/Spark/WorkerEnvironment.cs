using System.Collections;
using System.Globalization;
using System.Net;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>What Spark says in the environment of the process.</summary>
sealed class WorkerEnvironment(IReadOnlyDictionary<string, string> variables)
{
    const int SmallestBuffer = 1 << 16;
    const int LargestBuffer = 1 << 26;

    /// <summary>Secret of the connections; null with unix sockets.</summary>
    public string? Secret => Get("PYTHON_WORKER_FACTORY_SECRET");

    /// <summary>Whether Spark asked for the protocol of its language-agnostic workers.</summary>
    public bool IsUnifiedExecution => Get("PYTHON_WORKER_UNIFIED_EXECUTION_ENABLED") is { } text && !Is(text, "NO") && !Is(text, "FALSE") && text != "0";

    public bool HasUnixSockets => Get("PYTHON_UNIX_DOMAIN_ENABLED") is { } text && Is(text, "TRUE");

    /// <summary>Port that a process for one task connects to.</summary>
    public int? Port => GetNumber("PYTHON_WORKER_FACTORY_PORT");

    /// <summary>Unix socket that a process for one task connects to.</summary>
    public string? SocketPath => Get("PYTHON_WORKER_FACTORY_SOCK_PATH");

    /// <summary>Folder for a daemon's unix socket.</summary>
    public string? SocketFolder => Get("PYTHON_WORKER_FACTORY_SOCK_DIR");

    /// <summary>Folder for a last word of a process that crashes.</summary>
    public string? FaultFolder => Get("PYTHON_FAULTHANDLER_DIR");

    /// <summary>This machine, in the family that Spark uses.</summary>
    public IPAddress Loopback => Get("SPARK_PREFER_IPV6") is { } text && Is(text, "TRUE") ? IPAddress.IPv6Loopback : IPAddress.Loopback;

    public int BufferBytes => Math.Clamp(GetNumber("SPARK_BUFFER_SIZE") ?? SmallestBuffer, SmallestBuffer, LargestBuffer);

    /// <summary>Longest wait within a handshake.</summary>
    public TimeSpan HandshakeTimeout => TimeSpan.FromSeconds(Math.Clamp(GetNumber("SPARK_AUTH_SOCKET_TIMEOUT") ?? 15, 1, 3600));

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> OfProcess() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");

    static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);

    string? Get(string name) => variables.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    int? GetNumber(string name) =>
        int.TryParse(Get(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}
