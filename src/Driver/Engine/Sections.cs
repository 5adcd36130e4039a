namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Names of what the driver keeps in a checkpoint's manifest.</summary>
static class Sections
{
    /// <summary>A <see cref="ModelDescription"/>.</summary>
    public const string Model = "model";

    /// <summary>A <see cref="TrainingState"/>.</summary>
    public const string State = "state";

    /// <summary>A <see cref="JobIdentity"/>.</summary>
    public const string Identity = "identity";
}
