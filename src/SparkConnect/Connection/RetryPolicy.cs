using Google.Rpc;
using Grpc.Core;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>When a failed call is tried again, and after which wait: Spark's own client policy.</summary>
sealed record RetryPolicy
{
    static readonly TimeSpan s_longestServerWait = TimeSpan.FromMinutes(10);

    /// <summary>Tries after the first one.</summary>
    public int MaxRetries { get; init; } = 15;

    /// <summary>Wait before the first of them.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Factor from one wait to the next.</summary>
    public double Factor { get; init; } = 4;

    /// <summary>The longest wait.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The wait before retry number <paramref name="retry"/>, from 0; long ones are spread by up to half a second.</summary>
    public TimeSpan Wait(int retry)
    {
        double wait = Math.Min(MaxWait.TotalMilliseconds, FirstWait.TotalMilliseconds * Math.Pow(Factor, retry));
        if (wait >= 2000) wait += Random.Shared.NextDouble() * 500;
        return TimeSpan.FromMilliseconds(wait);
    }

    /// <summary>Whether the call may succeed when it is repeated; <paramref name="serverWait"/> is the least wait that the server asks for.</summary>
    public static bool IsTransient(RpcException error, out TimeSpan serverWait)
    {
        serverWait = TimeSpan.Zero;
        if (error.GetRpcStatus()?.GetDetail<RetryInfo>() is { } info)
        {
            TimeSpan asked = info.RetryDelay?.ToTimeSpan() ?? TimeSpan.Zero;
            serverWait = asked < s_longestServerWait ? asked : s_longestServerWait;
            return true;
        }

        return error.StatusCode == StatusCode.Unavailable
            || (error.StatusCode == StatusCode.Internal && error.Status.Detail.Contains("INVALID_CURSOR.DISCONNECTED", StringComparison.Ordinal));
    }
}
