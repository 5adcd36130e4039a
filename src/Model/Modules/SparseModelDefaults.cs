using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Model.Modules;

/// <summary>What the tables and dense tensors of a network get that the network itself says nothing about. Immutable.</summary>
public sealed record SparseModelDefaults
{
    /// <summary>Optimiser of embedding rows.</summary>
    public required TensorUpdater SparseUpdater { get; init; }

    /// <summary>First weights of embedding rows.</summary>
    public required TensorInitializer SparseInitializer { get; init; }

    /// <summary>Optimiser of dense parameters.</summary>
    public required TensorUpdater DenseUpdater { get; init; }
}
