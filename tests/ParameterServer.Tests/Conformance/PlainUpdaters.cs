using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>p ← p − rate·g, written as plainly as possible: the store's tests need an updater whose result is obvious.</summary>
public sealed record PlainSgd(float Rate) : TensorUpdater
{
    public override int StatesPerParameter => 0;

    public override void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, in UpdateStep step)
    {
        for (int i = 0; i < parameter.Length; i++) parameter[i] -= Rate * gradient[i];
    }

    public override void Update(Span<double> parameter, ReadOnlySpan<double> gradient, Span<double> state, in UpdateStep step)
    {
        for (int i = 0; i < parameter.Length; i++) parameter[i] -= Rate * gradient[i];
    }

    public override IEnumerable<string> Validate() => [];
}

/// <summary>Two states: s0 ← s0 + g, s1 ← the step's number; p ← p − rate·s0. Shows state layout and step numbers.</summary>
public sealed record PlainMomentum(float Rate) : TensorUpdater
{
    public override int StatesPerParameter => 2;

    public override void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> state, in UpdateStep step)
    {
        int d = parameter.Length;
        for (int i = 0; i < d; i++)
        {
            state[i] += gradient[i];
            state[d + i] = step.Number;
            parameter[i] -= Rate * state[i];
        }
    }

    public override void Update(Span<double> parameter, ReadOnlySpan<double> gradient, Span<double> state, in UpdateStep step)
    {
        int d = parameter.Length;
        for (int i = 0; i < d; i++)
        {
            state[i] += gradient[i];
            state[d + i] = step.Number;
            parameter[i] -= Rate * state[i];
        }
    }

    public override IEnumerable<string> Validate() => [];
}
