using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Modules;

/// <summary>
/// What a walk over a network finds: operators, casts, dense tensors, in the order of the tree, each object once under
/// its first path. Collects every problem before it throws.
/// </summary>
sealed class ModuleTree
{
    readonly HashSet<object> _visited = new(ReferenceEqualityComparer.Instance);
    readonly HashSet<nint> _parameters = [];
    readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    readonly List<DenseTensor> _values = [];
    readonly SparseModelDefaults _defaults;
    readonly Func<string, TensorUpdater?> _updaterOf;

    /// <summary>Walks the tree.</summary>
    /// <param name="root">The network.</param>
    /// <param name="prefix">Put before every path: empty, or a path that ends with a dot.</param>
    /// <param name="defaults">For whatever the network leaves open.</param>
    public ModuleTree(nn.Module root, string prefix, SparseModelDefaults defaults)
    {
        _defaults = defaults;
        _updaterOf = root is SparseModule module ? name => module.UpdaterOf(name[prefix.Length..]) : _ => null;
        Visit(root, prefix);
        Dense.AddRange(_values);
        if (Operators.Count == 0 && Dense.Count == 0)
            Problems.Add($"The module {root.GetName()} has no embedding operator and no parameter; register them as sub-modules (register_module, or RegisterComponents at the end of the constructor).");
    }

    /// <summary>The embedding operators with their table specs.</summary>
    public List<(EmbeddingOperator Operator, SparseTableSpec Spec)> Operators { get; } = [];

    /// <summary>The groups of dense columns.</summary>
    public List<Cast> Casts { get; } = [];

    /// <summary>Parameters, then running statistics.</summary>
    public List<DenseTensor> Dense { get; } = [];

    /// <summary>One sentence for each thing wrong.</summary>
    public List<string> Problems { get; } = [];

    void Visit(nn.Module module, string path)
    {
        if (!_visited.Add(module)) return;
        switch (module)
        {
            case EmbeddingOperator op: AddOperator(op, path.TrimEnd('.')); break;
            case Cast cast: Casts.Add(cast); break;
            case IValueLayer layer:
                foreach (ValueTensor value in layer.Values) AddValue(value, path + value.Name);
                break;
            case NormBase norm: AddStockNorm(norm, path); break;
            case Layers.Dropout dropout: dropout.Stream = (ulong)_visited.Count; break;
        }

        foreach ((string name, Parameter parameter) in module.named_parameters(recurse: false)) AddParameter(parameter, path + name);
        foreach ((string name, nn.Module child) in module.named_children()) Visit(child, $"{path}{name}.");
    }

    void AddOperator(EmbeddingOperator op, string path)
    {
        TensorUpdater updater = op.Updater ?? _defaults.SparseUpdater;
        TensorInitializer initializer = op.Initializer ?? _defaults.SparseInitializer;
        if (path.Length == 0) Problems.Add("An embedding operator can't be the whole network; wrap it in a SparseModule.");
        Take(path, "an embedding operator");
        Problems.AddRange(updater.Validate().Concat(initializer.Validate()).Select(problem => $"Embedding operator '{path}': {problem}."));
        Operators.Add((op, new SparseTableSpec
        {
            Name = path,
            Dimension = op.EmbeddingSize,
            Updater = updater,
            Initializer = initializer,
            ElementType = op.ElementType,
            SaveAsText = op.SaveAsText,
        }));
    }

    void AddParameter(Parameter parameter, string path)
    {
        if (!_parameters.Add(parameter.Handle)) return;
        AddDense(Dense, path, parameter, null, _updaterOf(path) ?? _defaults.DenseUpdater);
    }

    void AddValue(ValueTensor value, string path) =>
        AddDense(_values, path, value.Value, value, _updaterOf(path) ?? value.Updater);

    // With momentum 1 the layer's own buffers hold the batch's statistics after forward; the store does the averaging.
    void AddStockNorm(NormBase norm, string path)
    {
        if (!norm.track_running_stats || norm.running_mean is not { } mean || norm.running_var is not { } variance) return;
        if (norm.momentum is not > 0 or not <= 1)
        {
            Problems.Add($"The layer '{path.TrimEnd('.')}' averages with momentum {norm.momentum?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}; the parameter server needs a number in (0, 1).");
            return;
        }

        // A layer that a model wrapped before has momentum 1 and keeps the average that it was wrapped with.
        EmaTensorUpdater updater = s_wrappedNorms.GetValue(norm, layer => new EmaTensorUpdater((float)layer.momentum!.Value));
        norm.momentum = 1;
        AddValue(new ValueTensor("running_mean", mean, updater, pushesValue: true), path + "running_mean");
        AddValue(new ValueTensor("running_var", variance, updater, pushesValue: true), path + "running_var");
    }

    static readonly System.Runtime.CompilerServices.ConditionalWeakTable<NormBase, EmaTensorUpdater> s_wrappedNorms = [];

    void AddDense(List<DenseTensor> list, string path, Tensor tensor, ValueTensor? value, TensorUpdater updater)
    {
        Take(path, "a dense tensor");
        Problems.AddRange(updater.Validate().Select(problem => $"Dense tensor '{path}': {problem}."));
        if (updater is EmaTensorUpdater && value is null)
            Problems.Add($"Dense tensor '{path}': an EMA averages values, and a parameter pushes gradients; choose another updater.");
        if (tensor.dtype is not (ScalarType.Float32 or ScalarType.Float64) || tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous() || tensor.numel() == 0)
        {
            Problems.Add($"Dense tensor '{path}' is {tensor.dtype} {string.Join('×', tensor.shape)} on {tensor.device_type}; expected contiguous float32 or float64 on the CPU with at least one element.");
            return;
        }

        list.Add(new DenseTensor(tensor, value, new DenseTensorSpec
        {
            Name = path,
            Shape = tensor.dim() switch { 0 => [1, 1], 1 => [tensor.numel(), 1], _ => tensor.shape },
            Updater = updater,
            ElementType = tensor.dtype == ScalarType.Float32 ? ElementType.Float32 : ElementType.Float64,
        }));
    }

    void Take(string path, string what)
    {
        if (!_names.TryAdd(path, what)) Problems.Add($"The name '{path}' is taken by {_names[path]} and by {what}; register them under different names.");
        if (path.AsSpan().IndexOfAny('/', '\\', '\0') >= 0) Problems.Add($"The name '{path}' names files of the checkpoint and can't hold '/' or '\\'; register it under another name.");
    }
}

/// <summary>One dense tensor of a network.</summary>
/// <param name="tensor">The parameter, or a layer's buffer.</param>
/// <param name="value">The running statistic; null for a parameter.</param>
/// <param name="spec">What the store holds.</param>
sealed class DenseTensor(Tensor tensor, ValueTensor? value, DenseTensorSpec spec)
{
    public Tensor Tensor { get; } = tensor;

    public DenseTensorSpec Spec { get; } = spec;

    /// <summary>The tensor's memory; written only between steps.</summary>
    public NativeBlock Block { get; } = NativeBlock.Of(tensor.bytes);

    /// <summary>What a step leaves to be pushed, taken away; null when nothing arrived.</summary>
    public Tensor? Take()
    {
        if (value is not null) return value.Take();
        if (!Tensor.requires_grad || Tensor.grad is not { } gradient) return null;
        gradient = gradient.DetachFromDisposeScope();
        if (gradient.is_contiguous()) return gradient;
        using (gradient) return gradient.contiguous().DetachFromDisposeScope();
    }
}
