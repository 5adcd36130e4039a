namespace MetaSpore.Spark.Model.Updaters;

/// <summary>What an updater knows of the step besides parameter, gradient and state.</summary>
/// <param name="Number">
/// Number of updates that the shard has applied since training began, this one included, over all epochs (from 1): the t
/// of bias corrections. Parameters that come from a checkpoint without a count have <see cref="Unknown"/>.
/// </param>
public readonly record struct UpdateStep(long Number)
{
    /// <summary>So many steps that every bias correction is 1.</summary>
    public const long Unknown = long.MaxValue / 2;
}
