using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Rows of a job, opened and checked as far as can be without reading them all.</summary>
interface IJobRows
{
    /// <summary>What the rows look like.</summary>
    DatasetSpec Spec { get; }

    /// <summary>Where they are, for reports.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>What a resumed run must share with the one that wrote the snapshot; plain data.</summary>
    object Identity { get; }

    /// <summary>Tells the rows from changed ones; null: that can't be told.</summary>
    InputFingerprint? Fingerprint();

    /// <summary>How many rows there are; null when that can't be told without reading them.</summary>
    RowCountEstimate? EstimateRowCount();

    /// <summary>Learns what features need to know of all rows.</summary>
    /// <exception cref="Model.Errors.BadInputException">A row is not as described.</exception>
    Task<FeatureState> FitAsync(FeatureSpec features, CancellationToken cancellationToken);
}
