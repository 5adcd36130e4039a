namespace MetaSpore.Spark.Model.Initializers;

/// <summary>The activation that follows the weights and so decides the gain of <see cref="XavierTensorInitializer"/>.</summary>
public enum XavierActivation
{
    /// <summary>None; gain 1.</summary>
    Linear,

    /// <summary>Sigmoid; gain 1.</summary>
    Sigmoid,

    /// <summary>Hyperbolic tangent; gain 5/3.</summary>
    Tanh,

    /// <summary>Rectifier; gain √2.</summary>
    Relu,

    /// <summary>Rectifier with slope 0.01 below zero; gain √(2/(1 + 0.01²)).</summary>
    LeakyRelu,

    /// <summary>Scaled exponential unit; gain 3/4.</summary>
    Selu,
}
