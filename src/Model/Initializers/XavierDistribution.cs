namespace MetaSpore.Spark.Model.Initializers;

/// <summary>The distribution that <see cref="XavierTensorInitializer"/> draws from.</summary>
public enum XavierDistribution
{
    /// <summary>Uniform in a symmetric interval.</summary>
    Uniform,

    /// <summary>Normal with mean 0.</summary>
    Normal,
}
