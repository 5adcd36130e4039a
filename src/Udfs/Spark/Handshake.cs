using System.Security.Cryptography;
using System.Text;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>How a new connection begins. The process's number is told even where it is shared: Spark only asks whether it lives.</summary>
static class Handshake
{
    const int MaxSecret = 4096;

    /// <summary>A daemon's side: number out, secret in, "ok" out. Unix sockets have no secret.</summary>
    /// <returns>Whether the peer knows the secret.</returns>
    public static bool Accept(Connection connection, WorkerEnvironment environment, bool hasSecret)
    {
        connection.LimitReads(environment.HandshakeTimeout);
        connection.Writer.Write(Environment.ProcessId);
        connection.Writer.Flush();
        bool isKnown = true;
        if (hasSecret)
        {
            byte[] expected = Encoding.UTF8.GetBytes(environment.Secret ?? "");
            byte[] given = connection.Reader.ReadBytes("secret", MaxSecret);
            isKnown = expected.Length > 0 && CryptographicOperations.FixedTimeEquals(given, expected);
            connection.Writer.Write(isKnown ? "ok" : "err");
            connection.Writer.Flush();
        }

        connection.LimitReads(null);
        return isKnown;
    }

    /// <summary>The side of a process for one task: secret out, "ok" in, number out.</summary>
    /// <returns>Whether the peer accepted the secret.</returns>
    public static bool Open(Connection connection, WorkerEnvironment environment, bool hasSecret)
    {
        if (hasSecret)
        {
            connection.LimitReads(environment.HandshakeTimeout);
            connection.Writer.Write(environment.Secret ?? "");
            connection.Writer.Flush();
            if (connection.Reader.ReadText("answer to the secret", MaxSecret) != "ok") return false;
            connection.LimitReads(null);
        }

        connection.Writer.Write(Environment.ProcessId);
        connection.Writer.Flush();
        return true;
    }
}
