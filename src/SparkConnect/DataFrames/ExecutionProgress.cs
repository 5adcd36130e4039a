namespace MetaSpore.Spark.SparkConnect;

/// <summary>How far a job is.</summary>
/// <param name="Stages">The stages that are known so far; later ones may follow.</param>
/// <param name="RunningTasks">Tasks that run now.</param>
public sealed record ExecutionProgress(IReadOnlyList<StageProgress> Stages, long RunningTasks)
{
    /// <summary>Tasks of the known stages.</summary>
    public long Tasks => Stages.Sum(stage => stage.Tasks);

    /// <summary>Finished tasks of the known stages.</summary>
    public long CompletedTasks => Stages.Sum(stage => stage.CompletedTasks);
}
