namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>How an exchange stream writes numbers and keys; agreed on when the stream is opened.</summary>
[Flags]
public enum WireEncoding
{
    /// <summary>Rows, gradients and tensors in their own type, keys as 8 bytes in any order.</summary>
    Plain = 0,

    /// <summary>
    /// Float32 rows, sparse gradients and pulled dense tensors as bfloat16, rounded to nearest even. Dense gradients and
    /// float64 tables stay as they are. Not with synchronous training, whose result must not depend on the wire.
    /// </summary>
    BFloat16 = 1,

    /// <summary>Keys sorted and as differences of the least number of bytes that holds all of a message's.</summary>
    DeltaKeys = 2,
}
