using System.Numerics;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>p ← p − rate·g, written as plainly as possible: the store's tests need an updater whose result is obvious.</summary>
public sealed record PlainSgd(float Rate) : TensorUpdater
{
    public override int StatesPerParameter => 0;

    public override StepUpdate<T> At<T>(in UpdateStep step) => new Plain<T>(T.CreateTruncating(Rate));

    public override IEnumerable<string> Validate() => [];

    sealed class Plain<T>(T rate) : StepUpdate<T> where T : unmanaged, INumber<T>
    {
        public override void Apply(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state)
        {
            for (int i = 0; i < parameter.Length; i++) parameter[i] -= rate * gradient[i];
        }
    }
}

/// <summary>Two states: s0 ← s0 + g, s1 ← the step's number; p ← p − rate·s0. Shows state layout and step numbers.</summary>
public sealed record PlainMomentum(float Rate) : TensorUpdater
{
    public override int StatesPerParameter => 2;

    public override StepUpdate<T> At<T>(in UpdateStep step) => new Plain<T>(T.CreateTruncating(Rate), T.CreateTruncating(step.Number));

    public override IEnumerable<string> Validate() => [];

    sealed class Plain<T>(T rate, T number) : StepUpdate<T> where T : unmanaged, INumber<T>
    {
        public override void Apply(Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> state)
        {
            int d = parameter.Length;
            for (int i = 0; i < d; i++)
            {
                state[i] += gradient[i];
                state[d + i] = number;
                parameter[i] -= rate * state[i];
            }
        }
    }
}
