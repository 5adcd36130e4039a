namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Makes the function of a task from the command bytes of the plan. May be called by many threads at once.</summary>
/// <param name="command">The bytes, as the driver put them into the plan; valid as long as the task.</param>
public delegate ISparkTask SparkTaskFactory(ReadOnlyMemory<byte> command);
