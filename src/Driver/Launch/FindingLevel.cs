namespace MetaSpore.Spark.Driver.Launch;

/// <summary>How bad a <see cref="Finding"/> is.</summary>
public enum FindingLevel
{
    /// <summary>As it must be.</summary>
    Ok,

    /// <summary>May be wrong; the job may still run.</summary>
    Warn,

    /// <summary>The job would fail.</summary>
    Fail,
}
