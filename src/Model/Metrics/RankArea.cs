namespace MetaSpore.Spark.Model.Metrics;

/// <summary>
/// The area under the ROC curve, gathered over groups of equal scores in ascending order: the share of (positive,
/// negative) pairs in which the positive has the higher score, ties counting half (Mann and Whitney, 1947).
/// </summary>
struct RankArea
{
    double _positives;
    double _negatives;
    double _lost;

    /// <summary>The area in [0, 1]; NaN unless there are positives and negatives.</summary>
    public readonly double Value => _positives > 0 && _negatives > 0 ? 1 - (_lost / _positives / _negatives) : double.NaN;

    /// <summary>Adds the rows of the next higher score.</summary>
    public void Add(double positive, double negative)
    {
        double before = _positives;
        _positives += positive;
        _negatives += negative;
        _lost += 0.5 * (before + _positives) * negative;
    }
}
