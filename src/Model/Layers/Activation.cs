using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>The non-linearity after a hidden layer.</summary>
public enum Activation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>1/(1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>x, or 0.01·x below 0.</summary>
    LeakyRelu,

    /// <summary>x·Φ(x), Φ the normal distribution function.</summary>
    Gelu,

    /// <summary>x.</summary>
    Identity,
}

static class ActivationFunctions
{
    /// <summary>Applies the function; may overwrite its input, which no other computation may need.</summary>
    public static Tensor Apply(this Activation activation, Tensor input) => activation switch
    {
        Activation.Relu => input.relu_(),
        Activation.Sigmoid => input.sigmoid_(),
        Activation.Tanh => input.tanh_(),
        Activation.LeakyRelu => input.leaky_relu_(Scalars.Hundredth),
        Activation.Gelu => input.gelu(),
        Activation.Identity => input,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };
}
