using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Model.Parameters;

/// <summary>One embedding table: what its rows look like, how they begin and how gradients change them. Immutable.</summary>
public sealed record SparseTableSpec
{
    /// <summary>The operator's path in the module tree; names the checkpoint's files. Not empty, no path separator.</summary>
    public required string Name { get; init; }

    /// <summary>Elements of a row's weights (D), at least 1.</summary>
    public required int Dimension { get; init; }

    /// <summary>How a gradient changes a row; also decides the size of the state kept beside the weights.</summary>
    public required TensorUpdater Updater { get; init; }

    /// <summary>The weights of a row at its first pull or push.</summary>
    public required TensorInitializer Initializer { get; init; }

    /// <summary>The type of weights and state.</summary>
    public ElementType ElementType { get; init; } = ElementType.Float32;

    /// <summary>Whether checkpoints hold this table as text.</summary>
    public bool SaveAsText { get; init; }
}
