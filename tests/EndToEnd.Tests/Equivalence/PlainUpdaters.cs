using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>The updaters' formulas, one number after another.</summary>
static class PlainUpdaters
{
    /// <summary>Updates one row.</summary>
    /// <param name="updater">Which formula, with its options.</param>
    /// <param name="row">D weights, then k blocks of D states.</param>
    /// <param name="gradient">Shape (D).</param>
    /// <param name="number">Number of the step, from 1.</param>
    public static void Apply(TensorUpdater updater, float[] row, float[] gradient, long number)
    {
        int d = gradient.Length;
        for (int i = 0; i < d; i++)
        {
            float g = gradient[i];
            switch (updater)
            {
                case SgdTensorUpdater sgd:
                    row[i] -= (float)sgd.LearningRate * g;
                    break;
                case AdaGradTensorUpdater adaGrad:
                    g += (float)adaGrad.L2 * row[i];
                    row[d + i] += g * g;
                    row[i] -= (float)adaGrad.LearningRate * g / MathF.Sqrt(row[d + i] + (float)adaGrad.Epsilon);
                    break;
                case AdamTensorUpdater adam:
                    row[d + i] = ((float)adam.Beta1 * row[d + i]) + ((float)(1 - adam.Beta1) * g);
                    row[(2 * d) + i] = ((float)adam.Beta2 * row[(2 * d) + i]) + ((float)(1 - adam.Beta2) * g * g);
                    float first = row[d + i] / (adam.BiasCorrection ? (float)(1 - Math.Pow(adam.Beta1, number)) : 1);
                    float second = row[(2 * d) + i] / (adam.BiasCorrection ? (float)(1 - Math.Pow(adam.Beta2, number)) : 1);
                    row[i] -= (float)adam.LearningRate * first / (MathF.Sqrt(second) + (float)adam.Epsilon);
                    break;
                case FtrlTensorUpdater ftrl:
                    float n = row[d + i] + (g * g);
                    float sigma = (MathF.Sqrt(n) - MathF.Sqrt(row[d + i])) / (float)ftrl.Alpha;
                    float z = row[(2 * d) + i] + g - (sigma * row[i]);
                    row[d + i] = n;
                    row[(2 * d) + i] = z;
                    row[i] = MathF.Abs(z) <= (float)ftrl.L1
                        ? 0
                        : -(z - (MathF.Sign(z) * (float)ftrl.L1)) / ((((float)ftrl.Beta + MathF.Sqrt(n)) / (float)ftrl.Alpha) + (float)ftrl.L2);
                    break;
                default:
                    throw new NotSupportedException($"the reference has no formula of {updater.GetType().Name}");
            }
        }
    }
}
