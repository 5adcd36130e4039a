namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The part of a header that describes the task itself.</summary>
sealed record TaskFacts
{
    public required int StageId { get; init; }
    public required int PartitionId { get; init; }
    public required int AttemptNumber { get; init; }
    public required long TaskAttemptId { get; init; }
    public required int Cpus { get; init; }

    /// <summary>Null without barrier.</summary>
    public required BarrierAddress? Barrier { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Resources { get; init; }
    public required IReadOnlyDictionary<string, string> LocalProperties { get; init; }
}
