using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Layers;

/// <summary>
/// Dense columns as a tensor: output shape (B, n), float32, columns in the given order. Missing values and transformations
/// are the reader's work. Not thread-safe.
/// </summary>
public sealed class Cast : nn.Module<Minibatch, Tensor>
{
    readonly LeafTensor _leaf = new(ElementType.Float32);
    bool _isLoaded;

    /// <summary>Names the columns.</summary>
    /// <param name="columns">At least one name.</param>
    public Cast(IReadOnlyList<string> columns) : base(nameof(Cast))
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0) throw new ArgumentException("a cast needs at least one column", nameof(columns));
        Columns = [.. columns];
    }

    /// <summary>The columns (n of them).</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Takes the values of a step.</summary>
    /// <param name="values">Shape (B, n), float32, row-major; read only during the call.</param>
    /// <param name="batchSize">B.</param>
    /// <exception cref="ArgumentException">The block has another shape.</exception>
    public void Load(NativeBlock values, int batchSize)
    {
        if (values.ByteLength != (long)batchSize * Columns.Count * sizeof(float))
            throw new ArgumentException(
                $"the dense values hold {values.ByteLength} bytes; {batchSize} rows × {Columns.Count} columns need {(long)batchSize * Columns.Count * sizeof(float)}",
                nameof(values));
        _leaf.Resize(batchSize, Columns.Count);
        values.AsSpan<float>().CopyTo(_leaf.AsSpan<float>());
        _leaf.Open(requiresGrad: false);
        _isLoaded = true;
    }

    /// <summary>The values that <see cref="Load"/> took. The caller owns the tensor.</summary>
    /// <param name="batch">Not looked at.</param>
    /// <exception cref="InvalidOperationException">No step was loaded.</exception>
    public override Tensor forward(Minibatch batch) =>
        _isLoaded ? _leaf.Read() : throw new InvalidOperationException($"the dense columns {string.Join(", ", Columns)} have no values: call Load before forward");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _leaf.Dispose();
        base.Dispose(disposing);
    }
}
