using System.Globalization;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Which shard of which attempt a call is for, so that an endpoint that others have taken over is noticed.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Generation">Its attempt.</param>
/// <param name="Shard">The shard, from 0.</param>
/// <param name="ShardCount">Number of shards (S).</param>
readonly record struct ShardAddress(Guid RunId, int Generation, int Shard, int ShardCount)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out ShardAddress address)
    {
        string[] parts = text.Split('/');
        address = default;
        if (parts.Length != 4 || !Guid.TryParseExact(parts[0], "N", out Guid run)) return false;
        Span<int> numbers = stackalloc int[3];
        for (int i = 0; i < numbers.Length; i++)
            if (!int.TryParse(parts[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return false;
        address = new ShardAddress(run, numbers[0], numbers[1], numbers[2]);
        return true;
    }

    /// <summary>The run in 32 hexadecimal digits, attempt, shard and number of shards, between slashes.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{RunId:N}/{Generation}/{Shard}/{ShardCount}");
}
