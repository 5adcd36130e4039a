using System.Globalization;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Model.Metrics;

/// <summary>
/// AUC, PCOC, log-loss, base rate, and accuracy, precision, recall and F at a threshold, of predicted probabilities.
/// </summary>
/// <remarks>
/// Up to <see cref="BinaryMetricOptions.ExactLimit"/> rows, merged ones included, the AUC is exact; with more it is that of
/// scores truncated to buckets, also for what was exact before. A label above 0 is a positive of that weight, 0 a negative
/// of weight 1, below 0 a negative of its magnitude, each times the row's weight; without weights and with labels 0 and 1
/// everything is counted exactly, so that merges in any order and grouping give the same bits. Rows whose prediction is NaN
/// count in <see cref="ModelMetric.InstanceCount"/> and <see cref="NaNCount"/> and nowhere else. Not thread-safe.
/// </remarks>
/// <param name="options">The options.</param>
/// <exception cref="Errors.BadInputException">An option is out of range.</exception>
public sealed class BinaryClassificationModelMetric(BinaryMetricOptions options) : BasicModelMetric
{
    const double Clip = 1e-7;

    readonly BinaryMetricOptions _options = Checked(options);
    readonly ScoreList _scores = new();
    ScoreBuckets? _buckets = options.ExactLimit == 0 ? new(options.BucketCount) : null;
    FixedPointSum _weightSum;
    FixedPointSum _predictionSum;
    FixedPointSum _labelSum;
    FixedPointSum _positiveSum;
    FixedPointSum _logLossSum;
    Confusion _confusion;

    /// <summary>Creates a metric with the default options.</summary>
    public BinaryClassificationModelMetric() : this(new BinaryMetricOptions())
    {
    }

    /// <summary>Rows whose prediction was NaN.</summary>
    public long NaNCount { get; private set; }

    /// <summary>Whether <see cref="Auc"/> is exact and not that of buckets.</summary>
    public bool IsExact => _buckets is null;

    /// <summary>Area under the ROC curve, ties counting half; NaN unless both classes occur.</summary>
    public double Auc
    {
        get
        {
            var area = default(RankArea);
            if (_buckets is null) _scores.AddTo(ref area);
            else _buckets.AddTo(ref area);
            return area.Value;
        }
    }

    /// <summary>Predicted over observed: Σ predictions / Σ labels; NaN when the labels sum to 0.</summary>
    public double Pcoc => _labelSum.Value == 0 ? double.NaN : _predictionSum.Value / _labelSum.Value;

    /// <summary>Mean negative log-likelihood with predictions clipped to [1e-7, 1 − 1e-7]; NaN without rows.</summary>
    public double LogLoss => _logLossSum.Value / _weightSum.Value;

    /// <summary>Share of rows with a label above 0; NaN without rows.</summary>
    public double BaseRate => _positiveSum.Value / _weightSum.Value;

    /// <summary>Share of rows on the right side of the threshold; NaN without rows.</summary>
    public double Accuracy => _confusion.Accuracy;

    /// <summary>Share of positives among rows above the threshold; NaN when none is.</summary>
    public double Precision => _confusion.Precision;

    /// <summary>Share of rows above the threshold among positives; NaN without positives.</summary>
    public double Recall => _confusion.Recall;

    /// <summary>(1 + β²)·precision·recall / (β²·precision + recall), from the counts; NaN without any positive, true or predicted.</summary>
    public double FScore => _confusion.FScore(_options.Beta);

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, double>> Compute()
    {
        List<KeyValuePair<string, double>> values =
        [
            new("auc", Auc), new("pcoc", Pcoc), new("loss", Loss), new("logloss", LogLoss), new("baseRate", BaseRate),
        ];
        if (_options.Threshold > 0)
        {
            values.Add(new("accuracy", Accuracy));
            values.Add(new("precision", Precision));
            values.Add(new("recall", Recall));
            values.Add(new(string.Create(CultureInfo.InvariantCulture, $"f{_options.Beta}"), FScore));
        }

        if (NaNCount > 0) values.Add(new("nanPredictions", NaNCount));
        return values;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels, double batchLoss, ReadOnlySpan<float> weights)
    {
        base.Add(predictions, labels, batchLoss, weights);
        for (int i = 0; i < predictions.Length; i++)
        {
            float prediction = predictions[i];
            if (float.IsNaN(prediction)) NaNCount++;
            else AddRow(prediction, labels[i], weights.IsEmpty ? 1 : weights[i]);
        }

        FoldIfMany();
    }

    /// <inheritdoc/>
    protected override void Add(ModelMetric other)
    {
        var from = (BinaryClassificationModelMetric)other;
        if (from._options != _options) throw new ArgumentException($"metrics with different options can't be merged: {_options} and {from._options}", nameof(other));
        base.Add(other);
        if (from._buckets is not null) Fold().Add(from._buckets);
        else if (_buckets is not null) from._scores.AddTo(_buckets);
        else _scores.Add(from._scores);
        FoldIfMany();
        _weightSum.Add(from._weightSum);
        _predictionSum.Add(from._predictionSum);
        _labelSum.Add(from._labelSum);
        _positiveSum.Add(from._positiveSum);
        _logLossSum.Add(from._logLossSum);
        _confusion.Add(from._confusion);
        NaNCount += from.NaNCount;
    }

    /// <inheritdoc/>
    protected override void Reset()
    {
        base.Reset();
        _scores.Clear();
        _buckets = _options.ExactLimit == 0 ? new(_options.BucketCount) : null;
        _weightSum = _predictionSum = _labelSum = _positiveSum = _logLossSum = default;
        _confusion = default;
        NaNCount = 0;
    }

    /// <inheritdoc/>
    protected override void Write(BinaryWriter writer)
    {
        base.Write(writer);
        writer.Write(_options.BucketCount);
        writer.Write(NaNCount);
        _weightSum.Write(writer);
        _predictionSum.Write(writer);
        _labelSum.Write(writer);
        _positiveSum.Write(writer);
        _logLossSum.Write(writer);
        _confusion.Write(writer);
        writer.Write(IsExact);
        if (_buckets is null) _scores.Write(writer);
        else _buckets.Write(writer);
    }

    /// <inheritdoc/>
    protected override void Read(BinaryReader reader)
    {
        base.Read(reader);
        int bucketCount = reader.ReadInt32();
        if (bucketCount != _options.BucketCount)
            throw new InvalidDataException($"the state of the metric has {bucketCount} buckets; this metric has {_options.BucketCount}");
        NaNCount = reader.ReadInt64();
        _weightSum = FixedPointSum.Read(reader);
        _predictionSum = FixedPointSum.Read(reader);
        _labelSum = FixedPointSum.Read(reader);
        _positiveSum = FixedPointSum.Read(reader);
        _logLossSum = FixedPointSum.Read(reader);
        _confusion = Confusion.Read(reader);
        if (reader.ReadBoolean())
        {
            _scores.Read(reader);
            if (_buckets is not null) Fold();
            else FoldIfMany();
        }
        else
        {
            Fold().Read(reader);
        }
    }

    void AddRow(float prediction, float label, float weight)
    {
        float signed = label > 0 ? label * weight : label < 0 ? label * weight : -weight;
        if (_buckets is null) _scores.Add(prediction, signed);
        else _buckets.Add(prediction, Math.Max(signed, 0), Math.Max(-signed, 0));
        _weightSum.Add(weight);
        _predictionSum.Add((double)weight * prediction);
        _labelSum.Add((double)weight * label);
        if (label > 0) _positiveSum.Add(weight);
        _logLossSum.Add(weight * NegativeLogLikelihood(prediction, label));
        _confusion.Add(prediction > _options.Threshold, label > 0, weight);
    }

    static double NegativeLogLikelihood(float prediction, float label)
    {
        double p = Math.Clamp((double)prediction, Clip, 1 - Clip);
        return label == 0 ? -Math.Log(1 - p)
            : label == 1 ? -Math.Log(p)
            : -((label * Math.Log(p)) + ((1 - label) * Math.Log(1 - p)));
    }

    void FoldIfMany()
    {
        if (_buckets is null && _scores.Count > _options.ExactLimit) Fold();
    }

    ScoreBuckets Fold()
    {
        _buckets ??= new(_options.BucketCount);
        _scores.AddTo(_buckets);
        _scores.Clear();
        return _buckets;
    }

    static BinaryMetricOptions Checked(BinaryMetricOptions options)
    {
        options.Check();
        return options;
    }
}
