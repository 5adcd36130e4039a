using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;
using static MetaSpore.Spark.SparkConnect.Functions;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>Which rows go to which worker in an epoch, and in which order, as a plan for Spark.</summary>
static class EpochOrder
{
    const string Order = "metaspore_order";

    /// <summary>The columns that are read, the label's and the features', by name: the order must not depend on how a job lists them.</summary>
    public static IReadOnlyList<string> Columns(DatasetSpec spec) =>
        [.. spec.Columns.Keys.Concat(spec.Label is { } label ? [label.Column] : []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The rows in as many partitions as there are workers.</summary>
    /// <param name="frame">All rows.</param>
    /// <param name="columns">The columns that are read.</param>
    /// <param name="plan">Workers, seed, epoch, shuffle.</param>
    /// <param name="replay">Whether the order must be repeatable.</param>
    public static DataFrame Partition(DataFrame frame, IReadOnlyList<string> columns, ReadPlan plan, ReplayMode replay)
    {
        DataFrame rows = frame.Select([.. columns.Select(Name)]);
        if (replay == ReplayMode.Epoch && !plan.Shuffle) return rows.Repartition(plan.PartitionCount);
        // Without a shuffle the order is the same in every epoch; rows of a table have no other order of their own.
        Column order = XxHash64([.. columns.Select(Name), Lit(unchecked((long)plan.Seed)), Lit(plan.Shuffle ? plan.Epoch : 0)]);
        Column[] sort = replay == ReplayMode.Exact ? [Col(Order), .. columns.Select(Name)] : [Col(Order)];
        return rows.WithColumn(Order, order)
            .Repartition(plan.PartitionCount, Col(Order))
            .SortWithinPartitions(sort)
            .Drop(Order);
    }

    static Column Name(string column) => Col($"`{column.Replace("`", "``", StringComparison.Ordinal)}`");
}
