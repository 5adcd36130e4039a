using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Parameters;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>
/// A leaf of the autograd graph over memory that is kept from step to step and written directly between steps, when no
/// graph refers to it: a new leaf each step, no new memory. Not thread-safe.
/// </summary>
sealed class LeafTensor(ElementType elementType) : IDisposable
{
    readonly ScalarType _type = elementType == ElementType.Float32 ? ScalarType.Float32 : ScalarType.Float64;
    Tensor? _storage;
    Tensor? _leaf;
    long _rows;
    long _columns;

    /// <summary>Sets the shape and makes room; the content is undefined and no leaf is open.</summary>
    public void Resize(long rows, long columns)
    {
        Close();
        _rows = rows;
        _columns = columns;
        long count = Math.Max(1, checked(rows * columns));
        if (_storage is not null && _storage.numel() >= count) return;
        _storage?.Dispose();
        _storage = empty(count + (count >> 2), _type).DetachFromDisposeScope();
    }

    /// <summary>The elements, shape (rows, columns) row-major; to be written only while no leaf is open.</summary>
    public Span<T> AsSpan<T>() where T : unmanaged => SpanOf<T>(_storage!)[..checked((int)(_rows * _columns))];

    /// <summary>Makes a leaf of the written elements.</summary>
    public void Open(bool requiresGrad)
    {
        using Tensor shaped = _storage!.as_strided([_rows, _columns], [_columns, 1], 0);
        _leaf = shaped.detach().DetachFromDisposeScope();
        if (requiresGrad) _leaf.requires_grad = true;
    }

    /// <summary>Another handle of the leaf, which the caller owns: disposing it leaves the leaf alone.</summary>
    public Tensor Read() => _leaf!.alias();

    /// <summary>The leaf's gradient, contiguous, owned by the caller; null when none arrived.</summary>
    public Tensor? TakeGradient()
    {
        if (_leaf is not { requires_grad: true } || _leaf.grad is not { } gradient) return null;
        gradient = gradient.DetachFromDisposeScope();
        if (gradient.is_contiguous()) return gradient;
        using (gradient) return gradient.contiguous().DetachFromDisposeScope();
    }

    /// <summary>Ends the leaf.</summary>
    public void Close()
    {
        _leaf?.Dispose();
        _leaf = null;
    }

    /// <summary>The memory of a contiguous CPU tensor.</summary>
    public static Span<T> SpanOf<T>(Tensor tensor) where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _storage?.Dispose();
        _storage = null;
    }
}
