namespace MetaSpore.Spark.SparkConnect;

/// <summary>How long each kind of call may take, and how it is repeated.</summary>
sealed record ConnectionTimes
{
    /// <summary>Deadline of small calls.</summary>
    public TimeSpan Call { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Deadline of planning, which may list many files, and of sending artifacts.</summary>
    public TimeSpan LongCall { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Deadline of calls that only tidy up.</summary>
    public TimeSpan Release { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A stream that is silent for so long is attached anew.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A stream that ends sooner than this without a message counts as a failure.</summary>
    public TimeSpan ShortStream { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Interval of the calls that keep an unused session alive.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Retries of calls in an open session.</summary>
    public RetryPolicy Retries { get; init; } = new();

    /// <summary>Retries of the first call.</summary>
    public RetryPolicy ConnectRetries { get; init; } = new() { MaxRetries = 4 };
}
