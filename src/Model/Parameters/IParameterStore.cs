namespace MetaSpore.Spark.Model.Parameters;

/// <summary>
/// The port through which a worker reads and changes parameters. One implementation splits over shards that may live in
/// this process or elsewhere.
/// </summary>
public interface IParameterStore
{
    /// <summary>What the store holds.</summary>
    StoreLayout Layout { get; }

    /// <summary>
    /// Pushes and pulls one step: every shard applies the pushes (once, by <see cref="StepExchange.Step"/>), then fills the
    /// pulls. Pull destinations are written only when the task has completed without error. In
    /// <see cref="TrainingMode.Sync"/> the task completes after all workers of the step have pushed.
    /// </summary>
    /// <remarks>Thread-safe for different partitions; one outstanding exchange for each partition.</remarks>
    ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken);
}
