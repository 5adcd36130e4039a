namespace MetaSpore.Spark.Driver.Cli;

/// <summary>What the process tells its caller.</summary>
static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Something failed at run time.</summary>
    public const int Failure = 1;

    /// <summary>Input or options are wrong; nothing was started.</summary>
    public const int BadInput = 2;

    /// <summary>The user interrupted.</summary>
    public const int Interrupted = 130;
}
