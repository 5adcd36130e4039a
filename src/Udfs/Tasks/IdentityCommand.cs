namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Gives the rows back as they are: shows that executors can run tasks, and what their transport costs.</summary>
public sealed record IdentityCommand : TaskCommand;
