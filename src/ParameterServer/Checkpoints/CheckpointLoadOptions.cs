namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>What <see cref="CheckpointReader.LoadAsync"/> reads. Immutable.</summary>
public sealed record CheckpointLoadOptions
{
    /// <summary>
    /// Whether updater states and the number of applied steps are read too. Without, states start at zero, so that another
    /// updater may take over the weights. Ages are read in both cases.
    /// </summary>
    public bool LoadState { get; init; } = true;

    /// <summary>Whether every file is compared with its hash first; one more read of the whole checkpoint.</summary>
    public bool Verify { get; init; } = true;
}
