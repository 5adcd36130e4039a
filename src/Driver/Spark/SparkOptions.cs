namespace MetaSpore.Spark.Driver.Spark;

/// <summary>How a fit uses Spark. Immutable.</summary>
public sealed record SparkOptions
{
    /// <summary>
    /// A folder that the driver and every executor see under the same path, or an address (s3://, hdfs://), for progress; null: beside
    /// <see cref="Estimators.TorchEstimator.ModelOutPath"/>, which must be shared then too.
    /// </summary>
    public string? Storage { get; init; }

    /// <summary>
    /// The worker program as executors start it: an absolute path, or one relative to a task's working directory, such as
    /// <c>../metaspore/metaspore-worker</c> for an archive of the application. Null: the environment variable
    /// <c>METASPORE_WORKER</c>, else <see cref="Archive"/>, else this program's own file, where the master is local.
    /// </summary>
    public string? Worker { get; init; }

    /// <summary>An archive made by <c>metaspore package</c>, sent to the session's executors; null: none is sent.</summary>
    public string? Archive { get; init; }

    /// <summary>Processors of a worker's task (<c>spark.task.cpus</c>), at least 1; libtorch uses as many threads.</summary>
    public int WorkerCpu { get; init; } = 1;

    /// <summary>Memory in bytes that each shard's tables may take; 0: no limit, which only a local master allows.</summary>
    public long ServerMemory { get; init; }

    /// <summary>How rows of a partition are repeated after a loss.</summary>
    public ReplayMode Replay { get; init; }

    /// <summary>How often training goes on from the last snapshot after an executor was lost, before it fails; at least 0.</summary>
    public int MaxRestarts { get; init; } = 3;

    /// <summary>A shard that gets no call for so long writes its rows and ends; the driver renews it between jobs. At least one minute.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The longest wait for the executors' slots at a start.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Whether the driver talks to shards itself where it can reach them; false: always by small Spark jobs.</summary>
    public bool ConnectToExecutors { get; init; } = true;

    /// <summary>Whether executors talk to shards through TLS, with certificates made for the job.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>Whether rows and sparse gradients travel as bfloat16; not with synchronous training.</summary>
    public bool BFloat16 { get; init; }

    /// <summary>Every problem, one sentence each.</summary>
    internal IEnumerable<string> Problems()
    {
        if (WorkerCpu < 1) yield return $"{nameof(WorkerCpu)} is {WorkerCpu}; expected at least 1.";
        if (MaxRestarts < 0) yield return $"{nameof(MaxRestarts)} is {MaxRestarts}; expected at least 0.";
        if (Lease < TimeSpan.FromMinutes(1)) yield return $"{nameof(Lease)} is {Lease.TotalSeconds} s; expected at least one minute.";
        if (StartTimeout < TimeSpan.FromSeconds(5)) yield return $"{nameof(StartTimeout)} is {StartTimeout.TotalSeconds} s; expected at least 5 s.";
        if (ServerMemory < 0) yield return $"{nameof(ServerMemory)} is {ServerMemory}; expected bytes, or 0 for no limit.";
    }
}
