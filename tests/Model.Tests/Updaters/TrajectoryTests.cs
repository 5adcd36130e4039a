using System.Globalization;
using System.Numerics;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Updaters;

/// <summary>Replays pushes through MetaSpore's own updaters, tensor by tensor.</summary>
[Trait("Category", Golden.Category)]
public sealed class TrajectoryTests
{
    static readonly Dictionary<string, TensorUpdater> s_updaters = new(StringComparer.Ordinal)
    {
        ["sgd"] = new SgdTensorUpdater(0.1),
        ["adagrad"] = new AdaGradTensorUpdater(0.1, 1e-8, 0.01),
        ["adagrad_eps0"] = new AdaGradTensorUpdater(0.1, 0, 0),
        ["adam"] = new AdamTensorUpdater(0.001, BiasCorrection: false),
        ["adam2"] = new AdamTensorUpdater(0.02, 0.8, 0.99, 1e-6, BiasCorrection: false),
        ["adamw"] = new AdamWTensorUpdater(0.001),
        ["adamw_amsgrad"] = new AdamWTensorUpdater(0.001, WeightDecay: 0.05, AmsGrad: true),
        ["ftrl"] = new FtrlTensorUpdater(),
        ["ftrl2"] = new FtrlTensorUpdater(0.1, 1, 0.5, 1),
        ["ftrl3"] = new FtrlTensorUpdater(1e-6, 1e-6, 0.05, 0),
        ["ema"] = new EmaTensorUpdater(0.1),
        ["noop"] = new NoOpTensorUpdater(),
    };

    public static TheoryData<string, string> Tensors()
    {
        var data = new TheoryData<string, string>();
        foreach (string folder in Golden.Cases("metaspore", "trajectory_*"))
        {
            foreach (string tensor in Rows(Golden.File("metaspore", folder, "trajectory.tsv")).Select(row => row[0]).Distinct())
                data.Add(folder, tensor);
        }

        return data;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Tensors))]
    public void Update_RecordedPushes_RecordedValuesAndStates(string folder, string tensor)
    {
        if (tensor == "s64") Replay<double>(folder, tensor, s_updaters["adam"], 1e-12, (u, p, g, s, t) => u.Update(p, g, s, t));
        else Replay<float>(folder, tensor, s_updaters[tensor[2..]], 1e-6, (u, p, g, s, t) => u.Update(p, g, s, t));
    }

    static void Replay<T>(
        string folder, string tensor, TensorUpdater updater, double tolerance, Action<TensorUpdater, T[], T[], T[], UpdateStep> update)
        where T : unmanaged, IFloatingPoint<T>
    {
        int k = updater.StatesPerParameter;
        bool isDense = tensor.StartsWith("d_", StringComparison.Ordinal);
        ILookup<string, string[]> pushes = Rows(Golden.File("metaspore", folder, "pushes.tsv"))
            .Where(row => row[0] == tensor).ToLookup(row => row[1]);
        ILookup<string, string[]> recorded = Rows(Golden.File("metaspore", folder, "trajectory.tsv"))
            .Where(row => row[0] == tensor).ToLookup(row => row[1]);
        var rows = recorded["0"].ToDictionary(row => row[2], row => (Data: Numbers<T>(row[3]), State: States<T>(row[4], k, isDense)));
        Assert.NotEmpty(rows);

        for (int t = 1; t <= 3; t++)
        {
            string step = t.ToString(CultureInfo.InvariantCulture);
            foreach (string[] push in pushes[step])
            {
                T[] gradient = Numbers<T>(push[3]);
                if (!rows.TryGetValue(push[2], out var row))
                    rows[push[2]] = row = (Ones<T>(gradient.Length), new T[k * gradient.Length]);
                update(updater, row.Data, gradient, row.State, new UpdateStep(t));
            }

            foreach (string[] expected in recorded[step].Where(row => row[2] != "0"))
            {
                Near(Numbers<T>(expected[3]), rows[expected[2]].Data, tolerance, $"{tensor} step {t} key {expected[2]} data");
                Near(States<T>(expected[4], k, isDense), rows[expected[2]].State, tolerance, $"{tensor} step {t} key {expected[2]} state");
            }
        }
    }

    static void Near<T>(T[] expected, T[] actual, double tolerance, string where) where T : IFloatingPoint<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double e = double.CreateChecked(expected[i]), a = double.CreateChecked(actual[i]);
            bool equal = double.IsNaN(e) ? double.IsNaN(a) : Math.Abs(e - a) <= tolerance * Math.Max(Math.Abs(e), 0.01);
            Assert.True(equal, $"{where}[{i}]: expected {e:R}, found {a:R}");
        }
    }

    // Files interleave the states of a one-dimensional tensor; an updater wants state after state.
    static T[] States<T>(string text, int k, bool isInterleaved) where T : IFloatingPoint<T>
    {
        T[] numbers = Numbers<T>(text);
        if (!isInterleaved || k < 2) return numbers;
        int d = numbers.Length / k;
        return [.. Enumerable.Range(0, numbers.Length).Select(i => numbers[(i % d * k) + (i / d)])];
    }

    static T[] Ones<T>(int length) where T : IFloatingPoint<T> => [.. Enumerable.Repeat(T.One, length)];

    static T[] Numbers<T>(string text) where T : IFloatingPoint<T> =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word == "nan" ? T.CreateChecked(double.NaN) : T.Parse(word, CultureInfo.InvariantCulture)),
    ];

    static IEnumerable<string[]> Rows(string file) => File.ReadLines(file).Skip(1).Select(line => line.Split('\t'));
}
