using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// The sparse input of a network: holds the rows of one table that a minibatch needs. The rows live in the parameter
/// store; a step is
/// <code>
/// Load(batch, rows, training)  →  forward(…) as often as the network likes  →  backward  →  CollectGradients(gradients)
/// </code>
/// Register it as a sub-module; its path in the module tree names the table. Not thread-safe: every worker has its own
/// copy of the network.
/// </summary>
public abstract class EmbeddingOperator : nn.Module<Minibatch, Tensor>
{
    readonly LeafTensor _leaf;
    readonly NativeBuffer _copy = new();
    Func<CancellationToken, ValueTask>? _clearTable;
    SparseBatch? _batch;
    NativeBlock _rows;

    private protected EmbeddingOperator(int embeddingSize, CombineSchema schema, EmbeddingOptions? options, string name) : base(name)
    {
        ArgumentNullException.ThrowIfNull(schema);
        options ??= new EmbeddingOptions();
        if (embeddingSize < 1) throw new ArgumentOutOfRangeException(nameof(embeddingSize), embeddingSize, "an embedding has at least 1 element");
        if (schema.Features.Count == 0) throw new ArgumentException("the schema has no feature; name at least one column", nameof(schema));
        EmbeddingSize = embeddingSize;
        Schema = schema;
        Updater = options.Updater;
        Initializer = options.Initializer;
        Pooling = options.Pooling;
        RequiresGrad = options.RequiresGrad;
        UseNanFill = options.UseNanFill;
        SaveAsText = options.SaveAsText;
        ElementType = options.ElementType;
        IsBacking = options.IsBacking;
        IsExported = options.IsExported;
        L2 = options.L2;
        _leaf = new LeafTensor(ElementType);
    }

    /// <summary>Elements of a vector (E, and D of the table).</summary>
    public int EmbeddingSize { get; }

    /// <summary>The features. Operators with equal schemas take the same <see cref="SparseBatch"/>.</summary>
    public CombineSchema Schema { get; }

    /// <summary>Number of features (F).</summary>
    public int FeatureCount => Schema.Features.Count;

    /// <summary>The type of rows and output.</summary>
    public ElementType ElementType { get; }

    /// <summary>Optimiser of the rows; null takes the trainer's. May be set once.</summary>
    /// <exception cref="InvalidOperationException">It was set before.</exception>
    public TensorUpdater? Updater { get; set => field = SetOnce(field, value, nameof(Updater)); }

    /// <summary>First weights of a row; null takes the trainer's. May be set once.</summary>
    /// <exception cref="InvalidOperationException">It was set before.</exception>
    public TensorInitializer? Initializer { get; set => field = SetOnce(field, value, nameof(Initializer)); }

    /// <summary>How a bag becomes one vector.</summary>
    public Pooling Pooling { get; set; }

    /// <summary>Whether the rows are trained; otherwise pulls are read-only and nothing is pushed.</summary>
    public bool RequiresGrad { get; set; }

    /// <summary>Whether a read-only pull gives NaN for an absent key.</summary>
    public bool UseNanFill { get; set; }

    /// <summary>Whether checkpoints hold the table as text.</summary>
    public bool SaveAsText { get; set; }

    /// <summary>Whether the table only backs another module.</summary>
    public bool IsBacking { get; set; }

    /// <summary>Whether an export holds the table.</summary>
    public bool IsExported { get; set; }

    /// <summary>Weight of the squared L2 norm of the rows of each batch (λ ≥ 0), see <see cref="EmbeddingOptions.L2"/>.</summary>
    public double L2
    {
        get;
        set => field = value >= 0 && double.IsFinite(value)
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "the L2 weight is a finite number, at least 0");
    }

    /// <summary>Whether a pull for this step creates no row: in evaluation, and always without <see cref="RequiresGrad"/>.</summary>
    public bool IsReadOnly(bool training) => !training || !RequiresGrad;

    /// <summary>Whether a pull for this step fills absent keys with NaN.</summary>
    public bool IsNanFilled(bool training) => UseNanFill && IsReadOnly(training);

    /// <summary>Takes the rows of a step and computes the output.</summary>
    /// <param name="batch">The keys, F = <see cref="FeatureCount"/>; kept and to be left alone until <see cref="CollectGradients"/>.</param>
    /// <param name="rows">Shape (U, D) of <see cref="ElementType"/>, in the order of <see cref="SparseBatch.UniqueKeys"/>, key 0 as zeros. Read only during the call.</param>
    /// <param name="training">Whether a backward pass follows.</param>
    /// <exception cref="ArgumentException">The batch or the rows have another shape.</exception>
    public void Load(SparseBatch batch, NativeBlock rows, bool training)
    {
        ArgumentNullException.ThrowIfNull(batch);
        long expected = (long)batch.UniqueCount * EmbeddingSize * ElementType.ByteSize();
        if (batch.FeatureCount != FeatureCount)
            throw new ArgumentException($"the batch has {batch.FeatureCount} features; the schema of {GetName()} has {FeatureCount}", nameof(batch));
        if (rows.ByteLength != expected)
            throw new ArgumentException(
                $"the rows of {GetName()} hold {rows.ByteLength} bytes; {batch.UniqueCount} keys × {EmbeddingSize} {ElementType} need {expected}", nameof(rows));
        bool isTrained = training && RequiresGrad;
        _batch = batch;
        _rows = isTrained && L2 > 0 ? Copy(rows) : default;
        _leaf.Resize(OutputRows(batch), OutputColumns);
        if (ElementType == ElementType.Float32) Pool(batch, rows.AsSpan<float>(), _leaf.AsSpan<float>());
        else Pool(batch, rows.AsSpan<double>(), _leaf.AsSpan<double>());
        _leaf.Open(isTrained);
    }

    /// <summary>The output that <see cref="Load"/> computed. The caller owns the tensor; gradients flow whether or not it is disposed.</summary>
    /// <param name="batch">Not looked at.</param>
    /// <exception cref="InvalidOperationException">No step is loaded.</exception>
    public override Tensor forward(Minibatch batch) =>
        _batch is null
            ? throw new InvalidOperationException($"{GetName()} has no rows: the training loop calls Load before forward; use the network through it, or call Load")
            : _leaf.Read();

    /// <summary>Ends the step: writes the gradient of each unique key, summed over the batch in a fixed order.</summary>
    /// <param name="gradients">Shape (U, D) of <see cref="ElementType"/>, overwritten; zeros when no gradient reached the operator.</param>
    /// <returns>Whether there is something to push: false when the step was read-only, or no gradient and no L2 came.</returns>
    /// <exception cref="InvalidOperationException">No step is loaded.</exception>
    /// <exception cref="ArgumentException"><paramref name="gradients"/> has another shape.</exception>
    public bool CollectGradients(NativeBlock gradients)
    {
        SparseBatch batch = _batch ?? throw new InvalidOperationException($"{GetName()} has no step: CollectGradients follows Load once");
        long expected = (long)batch.UniqueCount * EmbeddingSize * ElementType.ByteSize();
        if (gradients.ByteLength != expected)
            throw new ArgumentException($"the gradients of {GetName()} take {expected} bytes; the block has {gradients.ByteLength}", nameof(gradients));
        using Tensor? gradient = _leaf.TakeGradient();
        if (ElementType == ElementType.Float32) Collect<float>(batch, gradient, gradients.AsSpan<float>());
        else Collect<double>(batch, gradient, gradients.AsSpan<double>());
        bool hasPenalty = !_rows.IsEmpty;
        EndStep();
        return gradient is not null || hasPenalty;
    }

    /// <summary>Forgets the step without gradients, after evaluation or an error.</summary>
    public void EndStep()
    {
        _batch = null;
        _rows = default;
        _leaf.Close();
    }

    /// <summary>Gives the operator the means to <see cref="ClearAsync"/>; called by whoever connects the network to a store.</summary>
    public void BindStore(Func<CancellationToken, ValueTask> clearTable) => _clearTable = clearTable;

    /// <summary>Removes every row of the table from the store.</summary>
    /// <exception cref="InvalidOperationException">The network is not connected to a store.</exception>
    public ValueTask ClearAsync(CancellationToken cancellationToken = default) =>
        (_clearTable ?? throw new InvalidOperationException($"{GetName()} is not connected to a parameter store; clear it while a job is open"))(cancellationToken);

    private protected abstract int OutputColumns { get; }

    private protected abstract int OutputRows(SparseBatch batch);

    private protected abstract void Pool<T>(SparseBatch batch, ReadOnlySpan<T> rows, Span<T> output)
        where T : unmanaged, System.Numerics.INumber<T>;

    private protected abstract void PoolBackward<T>(SparseBatch batch, Span<T> outputGradient, Span<T> gradients)
        where T : unmanaged, System.Numerics.INumber<T>;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            EndStep();
            _leaf.Dispose();
            _copy.Dispose();
        }

        base.Dispose(disposing);
    }

    void Collect<T>(SparseBatch batch, Tensor? gradient, Span<T> gradients) where T : unmanaged, System.Numerics.INumber<T>
    {
        if (gradient is null) gradients.Clear();
        else PoolBackward(batch, LeafTensor.SpanOf<T>(gradient), gradients);
        if (!_rows.IsEmpty) PoolingKernels.AddScaled(_rows.AsSpan<T>(), T.CreateChecked(2 * L2), gradients);
    }

    // The penalty needs the rows after the caller's block may already serve the next pull.
    NativeBlock Copy(NativeBlock rows)
    {
        NativeBlock copy = _copy.Reserve<byte>(rows.ByteLength);
        rows.AsSpan<byte>().CopyTo(copy.AsSpan<byte>());
        return copy;
    }

    static T? SetOnce<T>(T? current, T? value, string name) where T : class =>
        current is null ? value : throw new InvalidOperationException($"{name} is already set to {current}; it may be set once");
}
