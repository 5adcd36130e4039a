using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>What an embedding operator may be told besides its size and schema. Immutable.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>Optimiser of the table's rows; null takes the trainer's.</summary>
    public TensorUpdater? Updater { get; init; }

    /// <summary>First weights of a row; null takes the trainer's.</summary>
    public TensorInitializer? Initializer { get; init; }

    /// <summary>How the values of a bag become one vector. <see cref="EmbeddingLookup"/> ignores it.</summary>
    public Pooling Pooling { get; init; }

    /// <summary>Whether the rows are trained; otherwise they are pulled read-only and never pushed.</summary>
    public bool RequiresGrad { get; init; } = true;

    /// <summary>Whether a read-only pull gives NaN, and not 0, for a key that the table does not hold.</summary>
    public bool UseNanFill { get; init; }

    /// <summary>Whether checkpoints hold the table as text.</summary>
    public bool SaveAsText { get; init; }

    /// <summary>The type of weights, state and output.</summary>
    public ElementType ElementType { get; init; }

    /// <summary>Whether the table only backs another module, as the item side of two towers does during retrieval.</summary>
    public bool IsBacking { get; init; }

    /// <summary>Whether an export holds the table.</summary>
    public bool IsExported { get; init; } = true;

    /// <summary>
    /// Weight of the squared L2 norm (λ ≥ 0): each step adds 2·λ·w to the gradient of every row that its batch has, the
    /// gradient of λ·Σw² over these rows.
    /// </summary>
    public double L2 { get; init; }
}
