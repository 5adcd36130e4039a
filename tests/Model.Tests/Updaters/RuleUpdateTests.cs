using System.Numerics;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Updaters;

/// <summary>The vector kernel against one scalar loop for each formula, bit for bit, at every length around whole vectors.</summary>
public sealed class RuleUpdateTests
{
    delegate void ScalarStep(ref double p, double g, double[] s, int t);

    static readonly (TensorUpdater Updater, ScalarStep Step)[] s_cases =
    [
        (new NoOpTensorUpdater(), (ref double p, double g, double[] s, int t) => { }),
        (new SgdTensorUpdater(0.3), (ref double p, double g, double[] s, int t) => p -= 0.3 * g),
        (new AdaGradTensorUpdater(0.2, 1e-3, 0.1), AdaGrad),
        (new AdamTensorUpdater(0.01, 0.8, 0.95, 1e-5), (ref double p, double g, double[] s, int t) => p = Adam(p, g, s, t, 0, corrected: true)),
        (new AdamTensorUpdater(0.01, 0.8, 0.95, 1e-5, BiasCorrection: false), (ref double p, double g, double[] s, int t) => p = Adam(p, g, s, t, 0, corrected: false)),
        (new AdamWTensorUpdater(0.01, 0.8, 0.95, 1e-5, 0.2), (ref double p, double g, double[] s, int t) => p = Adam(p, g, s, t, 0.2, corrected: true)),
        (new AdamWTensorUpdater(0.01, 0.8, 0.95, 1e-5, 0.2, AmsGrad: true), (ref double p, double g, double[] s, int t) => p = Adam(p, g, s, t, 0.2, corrected: true)),
        (new FtrlTensorUpdater(0.4, 0.3, 0.2, 0.7), Ftrl),
        (new EmaTensorUpdater(0.3), (ref double p, double g, double[] s, int t) => p = (0.7 * p) + (0.3 * g)),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, s_cases.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_EveryLength_EqualsScalarLoop(int index)
    {
        (TensorUpdater updater, ScalarStep step) = s_cases[index];
        for (int length = 0; length <= (3 * Vector<float>.Count) + 1; length++)
        {
            (double[][] p, double[][] g, double[][] s) = Rows(updater, 1, length);
            float[] floats = [.. p[0].Select(v => (float)v)], floatStates = new float[s[0].Length];
            double[] expected = [.. p[0]], expectedStates = [.. s[0]];
            for (int t = 1; t <= 4; t++)
            {
                updater.Update(p[0], g[0], s[0], new UpdateStep(t));
                updater.Update(floats, [.. g[0].Select(v => (float)v)], floatStates, new UpdateStep(t));
                Scalar(step, expected, g[0], expectedStates, t);
            }

            Near(expected, p[0], 1e-12);
            Near(expectedStates, s[0], 1e-12);
            Near(expected, [.. floats.Select(v => (double)v)], 2e-5);
            Near(expectedStates, [.. floatStates.Select(v => (double)v)], 2e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_PartOfARow_SameBitsAsWholeRow(int index)
    {
        TensorUpdater updater = s_cases[index].Updater;
        const int Length = 37;
        int k = updater.StatesPerParameter;
        (double[][] p, double[][] g, _) = Rows(updater, 1, Length);
        float[] whole = [.. p[0].Select(v => (float)v)], gradient = [.. g[0].Select(v => (float)v)], states = new float[k * Length];
        float[] single = [.. whole];
        for (int t = 1; t <= 3; t++) updater.Update(whole, gradient, states, new UpdateStep(t));

        for (int i = 0; i < Length; i++)
        {
            float[] state = new float[k];
            for (int t = 1; t <= 3; t++) updater.Update(single.AsSpan(i, 1), gradient.AsSpan(i, 1), state, new UpdateStep(t));
            for (int j = 0; j < k; j++) Assert.Equal(states[(j * Length) + i], state[j]);
        }

        Assert.Equal(whole, single);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_RowBatch_SameBitsAsRowByRow(int index)
    {
        TensorUpdater updater = s_cases[index].Updater;
        Batch<float>(updater, (u, p, g, s, t) => u.Update(p, g, s, t), (u, rows, g, d, k, t) => u.At<float>(t).Apply(new RowBatch<float>(rows, g, d, k)));
        Batch<double>(updater, (u, p, g, s, t) => u.Update(p, g, s, t), (u, rows, g, d, k, t) => u.At<double>(t).Apply(new RowBatch<double>(rows, g, d, k)));
    }

    [Theory]
    [InlineData(3, 2, 6)]
    [InlineData(3, 3, 5)]
    public void Update_LengthsDiffer_Throws(int parameters, int gradients, int states)
    {
        var updater = new AdamTensorUpdater();

        ArgumentException e = Assert.Throws<ArgumentException>(
            () => updater.Update(new float[parameters], new float[gradients], new float[states], new UpdateStep(1)));

        Assert.Equal($"an update of 3 parameters needs 3 gradients and 6 states; found {gradients} and {states}", e.Message);
    }

    static void Batch<T>(
        TensorUpdater updater,
        Action<TensorUpdater, T[], T[], T[], UpdateStep> one,
        Action<TensorUpdater, nint[], nint[], int, int, UpdateStep> many)
        where T : unmanaged, INumber<T>
    {
        const int Count = 5, Dimension = 11;
        int k = updater.StatesPerParameter, stride = (k + 1) * Dimension;
        (double[][] p, double[][] g, _) = Rows(updater, Count, Dimension);
        using var memory = new NativeBuffer();
        using var gradientMemory = new NativeBuffer();
        Span<T> rows = memory.Reserve<T>(Count * stride).AsSpan<T>(), gradients = gradientMemory.Reserve<T>(Count * Dimension).AsSpan<T>();
        rows.Clear();
        for (int r = 0; r < Count; r++)
        {
            for (int i = 0; i < Dimension; i++)
            {
                rows[(r * stride) + i] = T.CreateTruncating(p[r][i]);
                gradients[(r * Dimension) + i] = T.CreateTruncating(g[r][i]);
            }
        }

        T[] expected = rows.ToArray();
        nint[] rowAddresses = new nint[Count], gradientAddresses = new nint[Count];
        for (int r = 0; r < Count; r++)
        {
            T[] data = expected[(r * stride)..((r * stride) + Dimension)], state = new T[k * Dimension];
            one(updater, data, gradients.Slice(r * Dimension, Dimension).ToArray(), state, new UpdateStep(7));
            data.CopyTo(expected, r * stride);
            state.CopyTo(expected, (r * stride) + Dimension);
            rowAddresses[Count - 1 - r] = NativeBlock.Of(rows[(r * stride)..]).Address;
            gradientAddresses[Count - 1 - r] = NativeBlock.Of(gradients[(r * Dimension)..]).Address;
        }

        many(updater, rowAddresses, gradientAddresses, Dimension, k, new UpdateStep(7));

        Assert.Equal(expected, rows.ToArray());
    }

    static void AdaGrad(ref double p, double g, double[] s, int t)
    {
        double d = g + (0.1 * p);
        s[0] += d * d;
        p -= 0.2 * d / Math.Sqrt(s[0] + 1e-3);
    }

    static double Adam(double p, double g, double[] s, int t, double decay, bool corrected)
    {
        s[0] = (0.8 * s[0]) + (0.2 * g);
        s[1] = (0.95 * s[1]) + (0.05 * g * g);
        if (s.Length > 2) s[2] = Math.Max(s[2], s[1]);
        double m = s[0], v = s[^1];
        if (corrected)
        {
            m /= 1 - Math.Pow(0.8, t);
            v /= 1 - Math.Pow(0.95, t);
        }

        return (p * (1 - (0.01 * decay))) - (0.01 * m / (Math.Sqrt(v) + 1e-5));
    }

    static void Ftrl(ref double p, double g, double[] s, int t)
    {
        double sigma = (Math.Sqrt(s[0] + (g * g)) - Math.Sqrt(s[0])) / 0.2;
        s[1] += g - (sigma * p);
        s[0] += g * g;
        p = Math.Abs(s[1]) <= 0.4 ? 0 : -(s[1] - (Math.Sign(s[1]) * 0.4)) / (((0.7 + Math.Sqrt(s[0])) / 0.2) + 0.3);
    }

    static void Scalar(ScalarStep step, double[] p, double[] g, double[] s, int t)
    {
        int k = p.Length == 0 ? 0 : s.Length / p.Length;
        for (int i = 0; i < p.Length; i++)
        {
            double[] state = [.. Enumerable.Range(0, k).Select(j => s[(j * p.Length) + i])];
            step(ref p[i], g[i], state, t);
            for (int j = 0; j < k; j++) s[(j * p.Length) + i] = state[j];
        }
    }

    static (double[][] P, double[][] G, double[][] S) Rows(TensorUpdater updater, int count, int length)
    {
        var random = new Random((1000 * length) + count);
        double[][] Random() => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => (2 * random.NextDouble()) - 1).ToArray())];
        return (Random(), Random(), [.. Enumerable.Range(0, count).Select(_ => new double[updater.StatesPerParameter * length])]);
    }

    static void Near(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
