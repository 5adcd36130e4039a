using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Model.Parameters;

/// <summary>One dense tensor that lives on the shards, split along its first axis. Immutable.</summary>
public sealed record DenseTensorSpec
{
    /// <summary>The parameter's or buffer's path in the module tree; names the checkpoint's files.</summary>
    public required string Name { get; init; }

    /// <summary>Sizes of the axes; a 1-D tensor of n elements has shape (n, 1), a scalar (1, 1).</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>How a gradient (or a pushed value, for <see cref="EmaTensorUpdater"/>) changes the tensor.</summary>
    public required TensorUpdater Updater { get; init; }

    /// <summary>The type of weights and state.</summary>
    public ElementType ElementType { get; init; } = ElementType.Float32;

    /// <summary>Number of elements: the product of <see cref="Shape"/>.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, size) => checked(product * size));
}
