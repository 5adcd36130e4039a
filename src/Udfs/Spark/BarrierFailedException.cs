namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>A collective of a barrier stage failed, mostly because another task of the stage did: the message says what is known.</summary>
public sealed class BarrierFailedException : IOException
{
    /// <summary>Creates the exception.</summary>
    public BarrierFailedException(string message) : base(message) { }

    /// <summary>Creates the exception with its cause.</summary>
    public BarrierFailedException(string message, Exception inner) : base(message, inner) { }
}
