namespace MetaSpore.Spark.Model.Parameters;

/// <summary>How the steps of several workers are ordered at a shard.</summary>
public enum TrainingMode
{
    /// <summary>A push is applied when it arrives.</summary>
    Async,

    /// <summary>As <see cref="Async"/>, but no worker is more than k steps ahead of the slowest one.</summary>
    BoundedStaleness,

    /// <summary>The gradients of step t of all workers become one update, weighted by their rows, summed in rank order.</summary>
    Sync,
}
