using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Metrics;

/// <summary>Weights of rows by label and by side of a threshold.</summary>
struct Confusion
{
    FixedPointSum _truePositive;
    FixedPointSum _trueNegative;
    FixedPointSum _falsePositive;
    FixedPointSum _falseNegative;

    public readonly double Accuracy => (TruePositive + TrueNegative) / (TruePositive + TrueNegative + FalsePositive + FalseNegative);

    public readonly double Precision => TruePositive / (TruePositive + FalsePositive);

    public readonly double Recall => TruePositive / (TruePositive + FalseNegative);

    readonly double TruePositive => _truePositive.Value;

    readonly double TrueNegative => _trueNegative.Value;

    readonly double FalsePositive => _falsePositive.Value;

    readonly double FalseNegative => _falseNegative.Value;

    public readonly double FScore(double beta)
    {
        double hits = (1 + (beta * beta)) * TruePositive;
        return hits / (hits + (beta * beta * FalseNegative) + FalsePositive);
    }

    public void Add(bool isPredictedPositive, bool isPositive, double weight)
    {
        if (isPredictedPositive == isPositive)
        {
            if (isPositive) _truePositive.Add(weight);
            else _trueNegative.Add(weight);
        }
        else if (isPositive) _falseNegative.Add(weight);
        else _falsePositive.Add(weight);
    }

    public void Add(in Confusion other)
    {
        _truePositive.Add(other._truePositive);
        _trueNegative.Add(other._trueNegative);
        _falsePositive.Add(other._falsePositive);
        _falseNegative.Add(other._falseNegative);
    }

    public readonly void Write(BinaryWriter writer)
    {
        _truePositive.Write(writer);
        _trueNegative.Write(writer);
        _falsePositive.Write(writer);
        _falseNegative.Write(writer);
    }

    public static Confusion Read(BinaryReader reader) => new()
    {
        _truePositive = FixedPointSum.Read(reader),
        _trueNegative = FixedPointSum.Read(reader),
        _falsePositive = FixedPointSum.Read(reader),
        _falseNegative = FixedPointSum.Read(reader),
    };
}
