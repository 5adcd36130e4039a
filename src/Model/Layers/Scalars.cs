using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Numbers for torch operations that live as long as the process, and addition with them. TorchSharp makes a
/// <see cref="Scalar"/> of every number (also of the factor 1 behind <c>tensor + tensor</c>) and gives native code its
/// handle alone: a garbage collection at this moment frees the number before it is read, and the operation computes with
/// whatever lies there or fails. It takes thousands of steps on a busy machine, but a training has them. A module of one's own
/// should use these, and static fields for other numbers. Thread-safe.
/// </summary>
public static class Scalars
{
    /// <summary>1.</summary>
    public static readonly Scalar One = 1;

    /// <summary>½.</summary>
    public static readonly Scalar Half = 0.5;

    /// <summary>0.01.</summary>
    public static readonly Scalar Hundredth = 0.01;

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Scalar right) => left.add(right, One);

    /// <summary>Each element times itself.</summary>
    public static Tensor Squared(this Tensor value) => value.mul(value);
}
