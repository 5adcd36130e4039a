using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Sets each element to 0 with a probability while training and scales the others by 1/(1−p); nothing in evaluation. The
/// mask is a function of <see cref="Minibatch.Seed"/>, <see cref="Stream"/> and the element's place, never of a generator's
/// state: a repeated step has the same mask, whatever other threads do.
/// </summary>
public sealed class Dropout : nn.Module<Tensor, Minibatch, Tensor>
{
    /// <summary>Creates the layer.</summary>
    /// <param name="probability">p, in [0, 1).</param>
    public Dropout(double probability) : base(nameof(Dropout))
    {
        if (!(probability is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(probability), probability, "the probability of dropout is in [0, 1)");
        Probability = probability;
    }

    /// <summary>Probability that an element becomes 0 (p).</summary>
    public double Probability { get; }

    /// <summary>Tells the layers of a network apart, so that their masks are independent; set when the network is wrapped.</summary>
    public ulong Stream { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, Minibatch batch)
    {
        if (!training || Probability == 0) return input.alias();
        using Tensor mask = empty(input.shape, input.dtype);
        ulong seed = CounterRandom.Combine(batch.Seed, Stream);
        double kept = 1 / (1 - Probability);
        if (input.dtype == ScalarType.Float64) DropoutMask.Fill(MemoryMarshal.Cast<byte, double>(mask.bytes), seed, Probability, kept);
        else DropoutMask.Fill(MemoryMarshal.Cast<byte, float>(mask.bytes), seed, Probability, (float)kept);
        return input * mask;
    }
}
