using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Layers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Modules;

/// <summary>
/// A network connected to the names, specs and memory that a parameter store needs: the tables of its embedding
/// operators, its parameters and the running statistics of its layers, each named by its path in the module tree.
/// Not thread-safe: every worker wraps its own copy.
/// </summary>
public sealed class SparseModel : IDisposable
{
    static readonly Lock s_creation = new();
    readonly SparseModelDefaults _defaults;
    readonly DenseTensor[] _dense;

    /// <summary>Wraps a network.</summary>
    /// <param name="module">The network; belongs to the model from now on. Moving it to another type or device later breaks the model.</param>
    /// <param name="defaults">For whatever the network leaves open.</param>
    /// <exception cref="BadInputException">The network has something that can't be trained; all problems at once.</exception>
    public SparseModel(nn.Module<Minibatch, Tensor> module, SparseModelDefaults defaults) : this(module, defaults, "")
    {
    }

    SparseModel(nn.Module<Minibatch, Tensor> module, SparseModelDefaults defaults, string prefix)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(defaults);
        var tree = new ModuleTree(module, prefix, defaults);
        if (tree.Problems.Count > 0) throw new BadInputException(tree.Problems);
        Module = module;
        _defaults = defaults;
        Operators = [.. tree.Operators.Select(pair => pair.Operator)];
        Tables = [.. tree.Operators.Select(pair => pair.Spec)];
        Casts = tree.Casts;
        _dense = [.. tree.Dense];
        DenseTensors = [.. _dense.Select(tensor => tensor.Spec)];
        Schemas = [.. Operators.Select(op => op.Schema).Distinct()];
        SchemaOfOperator = [.. Operators.Select(op => Schemas.ToList().IndexOf(op.Schema))];
        DenseByteLength = _dense.Sum(tensor => Aligned(tensor.Block.ByteLength));
    }

    /// <summary>Creates and wraps a network whose first dense weights are a function of a seed.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="defaults">For whatever the network leaves open.</param>
    /// <param name="seed">Seeds torch's global generator, from which stock layers draw their weights.</param>
    /// <remarks>Thread-safe: one network is created at a time in a process.</remarks>
    /// <exception cref="BadInputException">The network can't be created or trained.</exception>
    public static SparseModel Create(Spec<SparseModule> spec, SparseModelDefaults defaults, ulong seed)
    {
        lock (s_creation)
        {
            using var generator = manual_seed(unchecked((long)CounterRandom.Mix(seed)));
            return new SparseModel(spec.Create(), defaults);
        }
    }

    /// <summary>The network.</summary>
    public nn.Module<Minibatch, Tensor> Module { get; }

    /// <summary>The embedding operators, in the order of the tree.</summary>
    public IReadOnlyList<EmbeddingOperator> Operators { get; }

    /// <summary>The table of each operator.</summary>
    public IReadOnlyList<SparseTableSpec> Tables { get; }

    /// <summary>The distinct schemas: a loop extracts each once, for all operators that have it.</summary>
    public IReadOnlyList<CombineSchema> Schemas { get; }

    /// <summary>By operator: its index in <see cref="Schemas"/>.</summary>
    public IReadOnlyList<int> SchemaOfOperator { get; }

    /// <summary>The groups of dense columns, in the order of the tree.</summary>
    public IReadOnlyList<Cast> Casts { get; }

    /// <summary>Parameters, then running statistics, in the order of the tree.</summary>
    public IReadOnlyList<DenseTensorSpec> DenseTensors { get; }

    /// <summary>Bytes of all dense tensors one after another, each begun at a multiple of 8.</summary>
    public long DenseByteLength { get; }

    /// <summary>The live memory of a dense tensor. Write it only while no graph of the network exists: between steps.</summary>
    /// <param name="index">Index in <see cref="DenseTensors"/>.</param>
    public NativeBlock DenseValues(int index) => _dense[index].Block;

    /// <summary>A copy of every dense tensor's bytes, in the order of <see cref="DenseTensors"/>.</summary>
    public IReadOnlyList<byte[]> CopyDenseValues() => [.. _dense.Select(tensor => tensor.Block.AsSpan<byte>().ToArray())];

    /// <summary>Where the parameters live; null until <see cref="Connect"/>.</summary>
    public IParameterStore? Store { get; private set; }

    /// <summary>Says where the parameters live.</summary>
    /// <param name="store">A store that has every dense tensor of the network, by its name.</param>
    /// <param name="partition">The worker's rank, from 0.</param>
    public void Connect(IParameterStore store, int partition) => (Store, _partition) = (store, partition);

    /// <summary>
    /// Reads every dense tensor of this model (of a sub-model: its part of the network) from the store, as it is there now. Steps
    /// of training do so by themselves; this is for reading the parameters between them, as in a hook, and for sub-models.
    /// Waits for no other worker. Not while a graph of the network exists.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model is not connected to a store.</exception>
    public void Sync(CancellationToken cancellationToken = default)
    {
        IParameterStore store = Store ?? throw new InvalidOperationException("the model is not connected to a parameter store: it belongs to no worker of a job");
        StoreLayout layout = store.Layout;
        Dictionary<string, int> indices = Enumerable.Range(0, layout.DenseTensors.Count).ToDictionary(i => layout.DenseTensors[i].Name, StringComparer.Ordinal);
        var exchange = new StepExchange { Step = new StepKey(layout.RunId, layout.Generation, 0, _partition, -1) };
        foreach (DenseTensor tensor in _dense) exchange.DensePulls.Add(new DensePull(indices[tensor.Spec.Name], tensor.Block));
        ValueTask pulled = store.ExchangeAsync(exchange, cancellationToken);
        if (!pulled.IsCompletedSuccessfully) pulled.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Adds pulls of all dense tensors straight into the network.</summary>
    public void AddDensePulls(StepExchange exchange)
    {
        for (int i = 0; i < _dense.Length; i++) exchange.DensePulls.Add(new DensePull(i, _dense[i].Block));
    }

    /// <summary>Adds pulls of all dense tensors into a staging block, for <see cref="LoadDense"/> when the network is idle.</summary>
    /// <param name="exchange">Receives the pulls.</param>
    /// <param name="staging">Of <see cref="DenseByteLength"/> bytes.</param>
    public void AddDensePulls(StepExchange exchange, NativeBlock staging)
    {
        long offset = 0;
        for (int i = 0; i < _dense.Length; i++)
        {
            exchange.DensePulls.Add(new DensePull(i, staging.Slice(offset, _dense[i].Block.ByteLength)));
            offset += Aligned(_dense[i].Block.ByteLength);
        }
    }

    /// <summary>Copies a staging block that pulls have filled into the network.</summary>
    /// <param name="staging">Of <see cref="DenseByteLength"/> bytes.</param>
    public void LoadDense(NativeBlock staging)
    {
        long offset = 0;
        foreach (DenseTensor tensor in _dense)
        {
            staging.Slice(offset, tensor.Block.ByteLength).AsSpan<byte>().CopyTo(tensor.Block.AsSpan<byte>());
            offset += Aligned(tensor.Block.ByteLength);
        }
    }

    /// <summary>Drops the gradients of all parameters.</summary>
    public void ZeroGradients() => Module.zero_grad(set_to_none: true);

    /// <summary>Takes the gradients and pushed statistics of the step away from the network, which then has none.</summary>
    /// <returns>Owned by the caller.</returns>
    public DenseGradients TakeGradients()
    {
        var tensors = new Tensor?[_dense.Length];
        for (int i = 0; i < tensors.Length; i++) tensors[i] = _dense[i].Take();
        ZeroGradients();
        return new DenseGradients(tensors);
    }

    /// <summary>Runs the network in the mode that the batch asks for; operators and casts are loaded.</summary>
    /// <returns>The predictions, owned by the caller.</returns>
    public Tensor Forward(Minibatch batch)
    {
        if (Module.training != batch.Training) Module.train(batch.Training);
        if (batch.Training) return Module.call(batch);
        using (no_grad()) return Module.call(batch);
    }

    /// <summary>The part of this model below a sub-module: the same tensors under the same names.</summary>
    /// <param name="submodule">A module registered somewhere in the tree.</param>
    /// <param name="path">Its path, such as <c>user_tower</c>.</param>
    /// <returns>A model that shares the memory; disposing it frees nothing of this one.</returns>
    /// <exception cref="ArgumentException">The tree has another module, or none, at this path.</exception>
    public SparseModel GetSubmodel(nn.Module<Minibatch, Tensor> submodule, string path)
    {
        nn.Module? found = Module;
        foreach (string name in path.Split('.'))
            found = found?.named_children().FirstOrDefault(child => child.Item1 == name).Item2;
        if (!ReferenceEquals(found, submodule))
            throw new ArgumentException($"'{path}' is {(found is null ? "no module" : found.GetName())} of {Module.GetName()}; expected the path under which {submodule.GetName()} is registered", nameof(path));
        return new SparseModel(submodule, _defaults, path + ".") { _isShared = true, Store = Store, _partition = _partition };
    }

    /// <summary>Every dense tensor's elements by name, row-major, as double.</summary>
    public IReadOnlyDictionary<string, double[]> ExportDense() => _dense.ToDictionary(
        tensor => tensor.Spec.Name,
        tensor => tensor.Spec.ElementType == ElementType.Float32
            ? tensor.Block.AsSpan<float>().ToArray().Select(value => (double)value).ToArray()
            : tensor.Block.AsSpan<double>().ToArray(),
        StringComparer.Ordinal);

    /// <summary>Overwrites dense tensors by name.</summary>
    /// <param name="values">Elements, row-major, for some or all tensors.</param>
    /// <exception cref="ArgumentException">A name is unknown or an array has another length.</exception>
    public void ImportDense(IReadOnlyDictionary<string, double[]> values)
    {
        foreach ((string name, double[] elements) in values)
        {
            DenseTensor tensor = Array.Find(_dense, candidate => candidate.Spec.Name == name)
                ?? throw new ArgumentException($"no dense tensor is named '{name}'; there are {string.Join(", ", DenseTensors.Select(spec => spec.Name))}", nameof(values));
            if (elements.Length != tensor.Spec.ElementCount)
                throw new ArgumentException($"'{name}' has {tensor.Spec.ElementCount} elements, not {elements.Length}", nameof(values));
            for (int i = 0; i < elements.Length; i++)
            {
                if (tensor.Spec.ElementType == ElementType.Float32) tensor.Block.AsSpan<float>()[i] = (float)elements[i];
                else tensor.Block.AsSpan<double>()[i] = elements[i];
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isShared) Module.Dispose();
    }

    bool _isShared;
    int _partition;

    static long Aligned(long byteLength) => (byteLength + 7) & ~7L;
}
