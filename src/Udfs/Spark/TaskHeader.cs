namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Everything that precedes a task's rows.</summary>
sealed record TaskHeader
{
    public required TaskLayout Layout { get; init; }
    public required TaskFacts Facts { get; init; }
    public required string FilesDirectory { get; init; }
    public required int EvalType { get; init; }
    public required IReadOnlyDictionary<string, string> RunnerConf { get; init; }
    public required byte[] Command { get; init; }
}
