using MetaSpore.Spark.Udfs.Spark;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>The tasks that this build runs on executors.</summary>
public static class ExecutorTasks
{
    /// <summary>The task of a command.</summary>
    /// <exception cref="Model.Errors.BadInputException">The bytes are no command of this build.</exception>
    public static ISparkTask Create(ReadOnlyMemory<byte> command) => TaskCommand.FromBytes(command.Span) switch
    {
        StartShardCommand start => new StartShardTask(start, ExecutorShards.OfProcess),
        TrainCommand train => new TrainTask(train, ExecutorShards.OfProcess),
        MeasureCommand measure => new MeasureTask(measure, ExecutorShards.OfProcess, ScoringModels.OfProcess),
        MeasurePredictionsCommand measure => new MeasurePredictionsTask(measure),
        PredictCommand predict => new PredictTask(predict, ScoringModels.OfProcess),
        FitFeaturesCommand fit => new FitFeaturesTask(fit),
        CheckCommand => new CheckTask(),
        CallShardCommand call => new CallShardTask(call, ExecutorShards.OfProcess),
        StopShardsCommand stop => new StopShardsTask(stop),
        _ => new IdentityTask(),
    };
}
