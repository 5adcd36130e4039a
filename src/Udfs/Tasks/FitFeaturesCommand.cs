using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Learns what features need to know of all rows. One task, which answers with a <see cref="FeatureState"/>.</summary>
public sealed record FitFeaturesCommand : TaskCommand
{
    /// <summary>The features.</summary>
    public required FeatureSpec Features { get; init; }

    /// <summary>What the rows look like; its inputs are not read.</summary>
    public required DatasetSpec Rows { get; init; }
}
