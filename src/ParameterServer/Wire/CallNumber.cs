using System.Globalization;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Names a control call, so that the shard can tell its copies from later calls of the same client.</summary>
/// <param name="Client">The client: one connection's calls of one kind.</param>
/// <param name="Number">The call, from 1; each call of the client is one more than the one before.</param>
readonly record struct CallNumber(Guid Client, long Number)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out CallNumber call)
    {
        string[] parts = text.Split('/');
        call = default;
        if (parts.Length != 2 || !Guid.TryParseExact(parts[0], "N", out Guid client)) return false;
        if (!long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return false;
        call = new CallNumber(client, number);
        return true;
    }

    /// <summary>The client in 32 hexadecimal digits and the number, between them a slash.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Client:N}/{Number}");
}
