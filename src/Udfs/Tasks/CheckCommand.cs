namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Does nothing: a task that answers shows that its executor can run tasks. Every task answers with no content.</summary>
public sealed record CheckCommand : TaskCommand;
