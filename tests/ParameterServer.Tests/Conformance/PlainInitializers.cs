using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>Every weight starts at one value.</summary>
public sealed record PlainConstant(float Value) : TensorInitializer
{
    public override void Fill(string name, ulong seed, Span<float> row) => row.Fill(Value);

    public override void Fill(string name, ulong seed, Span<double> row) => row.Fill(Value);

    public override IEnumerable<string> Validate() => [];
}

/// <summary>Every weight starts at a uniform number in [0, 1).</summary>
public sealed record PlainUniform : TensorInitializer
{
    public override void Fill(string name, ulong seed, Span<float> row)
    {
        for (int i = 0; i < row.Length; i++) row[i] = (float)CounterRandom.Uniform(seed, (ulong)i);
    }

    public override void Fill(string name, ulong seed, Span<double> row)
    {
        for (int i = 0; i < row.Length; i++) row[i] = CounterRandom.Uniform(seed, (ulong)i);
    }

    public override IEnumerable<string> Validate() => [];
}
