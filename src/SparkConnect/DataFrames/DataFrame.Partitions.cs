using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class DataFrame
{
    /// <summary>The rows dealt to <paramref name="count"/> partitions in turn, by a shuffle.</summary>
    public DataFrame Repartition(int count) =>
        With(new Relation { Repartition = new() { Input = _node.Relation, NumPartitions = Positive(count), Shuffle = true } });

    /// <summary>The rows dealt to <paramref name="count"/> partitions by the hash of columns.</summary>
    public DataFrame Repartition(int count, params Column[] columns) => columns.Length == 0 ? Repartition(count) : ByExpression(Positive(count), columns);

    /// <summary>The rows dealt to partitions by the hash of columns; Spark chooses their number.</summary>
    public DataFrame Repartition(params Column[] columns) => ByExpression(null, columns);

    /// <summary>At most <paramref name="count"/> partitions, by joining neighbours without a shuffle.</summary>
    public DataFrame Coalesce(int count) =>
        With(new Relation { Repartition = new() { Input = _node.Relation, NumPartitions = Positive(count), Shuffle = false } });

    /// <summary>About this part of the rows.</summary>
    /// <param name="fraction">Chance of each row, 0 to 1; with replacement its mean number.</param>
    /// <param name="seed">Seed; null for a random one.</param>
    /// <param name="withReplacement">Whether a row can come several times.</param>
    public DataFrame Sample(double fraction, long? seed = null, bool withReplacement = false)
    {
        if (!(fraction >= 0) || (!withReplacement && fraction > 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A fraction is from 0 to 1; above 1 only with replacement.");
        return Sampled(0, fraction, seed ?? Random.Shared.NextInt64(), withReplacement, isSorted: false);
    }

    /// <summary>
    /// Disjoint random parts that together are all rows. Each partition is sorted first, so that the parts do not overlap when the
    /// rows come in another order the next time.
    /// </summary>
    /// <param name="weights">Sizes relative to each other, none negative, not all 0.</param>
    /// <param name="seed">Seed; null for a random one.</param>
    public IReadOnlyList<DataFrame> RandomSplit(IReadOnlyList<double> weights, long? seed = null)
    {
        double sum = weights.Sum();
        if (weights.Count == 0 || weights.Any(weight => !(weight >= 0)) || !(sum > 0) || double.IsInfinity(sum))
            throw new ArgumentException("Weights are not negative, and one at least is more than 0.", nameof(weights));
        long chosen = seed ?? Random.Shared.NextInt64();
        List<DataFrame> parts = [];
        double lower = 0;
        foreach (double weight in weights)
        {
            double upper = parts.Count == weights.Count - 1 ? 1.0 : lower + (weight / sum);
            parts.Add(Sampled(lower, upper, chosen, withReplacement: false, isSorted: true));
            lower = upper;
        }

        return parts;
    }

    /// <summary>Nulls (and NaN) replaced in columns of the value's kind.</summary>
    /// <param name="value">A number, text or truth value.</param>
    /// <param name="columns">Names of columns; none means all.</param>
    public DataFrame FillNa(object value, params string[] columns)
    {
        FillNa fill = new() { Input = _node.Relation };
        fill.Cols.Add(columns);
        fill.Values.Add(Literals.Of(value is int number ? (long)number : value is float single ? (double)single : value));
        return With(new Relation { FillNa = fill });
    }

    /// <summary>Without rows that have a null or NaN.</summary>
    /// <param name="isAll">Whether only rows go where every column is null.</param>
    /// <param name="columns">Names of the columns that count; none means all.</param>
    public DataFrame DropNa(bool isAll = false, params string[] columns)
    {
        DropNa drop = new() { Input = _node.Relation };
        drop.Cols.Add(columns);
        if (isAll) drop.MinNonNulls = 1;
        return With(new Relation { DropNa = drop });
    }

    /// <summary>Count, mean, standard deviation, least and greatest value of columns, as texts.</summary>
    /// <param name="columns">Names; none means all columns of numbers and texts.</param>
    public DataFrame Describe(params string[] columns)
    {
        Describe describe = new() { Input = _node.Relation };
        describe.Cols.Add(columns);
        return With(new Relation { Describe = describe });
    }

    DataFrame ByExpression(int? count, Column[] columns)
    {
        RepartitionByExpression parted = new() { Input = _node.Relation };
        parted.PartitionExprs.Add(columns.Select(column => column.Expression));
        if (count is { } number) parted.NumPartitions = number;
        return With(new Relation { RepartitionByExpression = parted });
    }

    DataFrame Sampled(double lower, double upper, long seed, bool withReplacement, bool isSorted) => With(new Relation
    {
        Sample = new()
        {
            Input = _node.Relation,
            LowerBound = lower,
            UpperBound = upper,
            WithReplacement = withReplacement,
            Seed = seed,
            DeterministicOrder = isSorted,
        },
    });

    static int Positive(int count) => count > 0 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "There is at least one partition.");
}
