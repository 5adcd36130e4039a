namespace MetaSpore.Spark.Udfs.Features;

/// <summary>What a number becomes on its way into the network.</summary>
public enum DenseTransform
{
    /// <summary>sign(v)·log(1 + |v|); a missing value is 0.</summary>
    SignedLog,

    /// <summary>The number itself; a missing value is an error, because NaN would spread through the whole model.</summary>
    None,
}
