namespace MetaSpore.Spark.Model.Parameters;

/// <summary>
/// Names one step of one worker for ever. A shard applies the push of a step at most once and refuses a generation lower
/// than the highest that it has seen.
/// </summary>
/// <param name="RunId">The training run; a shard serves one.</param>
/// <param name="Generation">Attempt of the run, from 1; grows at each recovery.</param>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="Partition">The worker's rank, from 0.</param>
/// <param name="Step">
/// Step within the partition and epoch whose gradients are pushed, from 0; −1 when the exchange only pulls.
/// </param>
public readonly record struct StepKey(Guid RunId, int Generation, int Epoch, int Partition, long Step);
