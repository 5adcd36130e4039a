using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>How <see cref="SparkWorker"/> runs. The defaults are those of a process that Spark has started. Immutable.</summary>
public sealed record SparkWorkerOptions
{
    /// <summary>First part of the tags that the driver puts into plans.</summary>
    public const string DefaultTagPrefix = "metaspore1";

    /// <summary>First part of the tags that are understood; the whole tag is <c>prefix;spark=major.minor</c>.</summary>
    public string TagPrefix { get; init; } = DefaultTagPrefix;

    /// <summary>Variables of the environment; null for those of the process.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Standard input; null for the process's. Its end ends a daemon.</summary>
    public Stream? Input { get; init; }

    /// <summary>Standard output; null for the process's. Only a daemon's address is written to it.</summary>
    public Stream? Output { get; init; }

    /// <summary>Receives what must be said when the process can't go on; null for the process's standard error.</summary>
    public TextWriter? Error { get; init; }

    /// <summary>Log; null for one that writes to standard error.</summary>
    public ILogger? Log { get; init; }

    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a cancelled task may run on before the process is ended because of it.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a daemon waits without any connection before it ends.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a task waits for its peers in one collective of a barrier stage.</summary>
    public TimeSpan BarrierTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long Spark may take to close a connection on which an error was reported.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the process may end although Spark has not ended it; null for always. Called by several threads.</summary>
    public Func<bool>? MayExit { get; init; }

    /// <summary>Ends the process with an exit code; null for <see cref="System.Environment.Exit"/>.</summary>
    public Action<int>? EndProcess { get; init; }
}
