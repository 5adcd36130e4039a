using Apache.Arrow;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>
/// Turns the columns of Arrow rows into the keys of every schema of a model. A column is hashed once a batch and a cross
/// computed once a batch, however many schemas use them. Keeps its memory from batch to batch: nothing is allocated for
/// a row. Not thread-safe.
/// </summary>
public sealed class FeatureExtractor
{
    readonly string[] _columnNames;
    readonly ValueHasher?[] _hashers;
    readonly NumericEncoder?[] _encoders;
    readonly HashMode _mode;
    readonly Cross[] _crosses;
    readonly ColumnKeys[] _columns;
    readonly ColumnKeys[][] _schemas;
    readonly int[] _fieldIndexes;
    readonly KeyUniquifier _uniquifier = new();
    Schema? _boundSchema;
    ulong[] _keys = [];
    double[] _numbers = [];

    /// <summary>Prepares the extraction.</summary>
    /// <param name="mode">How values become keys.</param>
    /// <param name="schemas">One schema for each distinct operator; at least one feature each.</param>
    /// <param name="state">Encodings of the columns of numbers that are categories; null when there is none.</param>
    public FeatureExtractor(HashMode mode, IReadOnlyList<CombineSchema> schemas, FeatureState? state = null)
    {
        _mode = mode;
        _columnNames = [.. schemas.SelectMany(schema => schema.Columns).Distinct(StringComparer.Ordinal)];
        _encoders = [.. _columnNames.Select(name => Encoder(mode, name, state))];
        _hashers = [.. _columnNames.Select((name, i) => _encoders[i] is null ? new ValueHasher(mode, name) : null)];
        _columns = [.. _columnNames.Select(_ => new ColumnKeys())];
        _fieldIndexes = new int[_columnNames.Length];
        var known = new Dictionary<string, ColumnKeys>(StringComparer.Ordinal);
        for (int i = 0; i < _columnNames.Length; i++) known[_columnNames[i]] = _columns[i];
        var crosses = new List<Cross>();
        _schemas = [.. schemas.Select(schema => schema.Features.Select(feature => Find(feature, known, crosses)).ToArray())];
        _crosses = [.. crosses];
    }

    /// <summary>The columns that <see cref="Extract"/> reads.</summary>
    public IReadOnlyList<string> Columns => _columnNames;

    /// <summary>Extracts all schemas of one batch.</summary>
    /// <param name="batch">B rows; columns in any order, others are ignored.</param>
    /// <param name="targets">One target for each schema, in the order of the constructor's; overwritten.</param>
    /// <exception cref="BadInputException">A column is absent or has a type that is no category.</exception>
    public void Extract(RecordBatch batch, IReadOnlyList<SparseBatch> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Count, _schemas.Length, nameof(targets));
        HashColumns(batch);
        for (int i = 0; i < _schemas.Length; i++) targets[i].SetKeys(WriteSlots(i, batch.Length, targets[i]), _uniquifier);
    }

    /// <summary>Computes the keys of all columns and crosses of a batch.</summary>
    internal void HashColumns(RecordBatch batch)
    {
        Bind(batch.Schema);
        for (int i = 0; i < _columns.Length; i++) HashColumn(i, batch.Column(_fieldIndexes[i]));
        foreach (Cross cross in _crosses) CrossKernel.Cross(cross.Name, _mode, batch.Length, cross.Left, cross.Right, cross.Result);
    }

    /// <summary>Lays the keys of one schema out by slot, before they are made unique; valid until the next call.</summary>
    internal ReadOnlySpan<ulong> WriteSlots(int schema, int rows, SparseBatch target)
    {
        int count = SlotKernel.Write(_schemas[schema], rows, target, ref _keys);
        return _keys.AsSpan(0, count);
    }

    void HashColumn(int column, IArrowArray array)
    {
        if (_encoders[column] is not { } encoder)
        {
            _hashers[column]!.Hash(array, _columns[column]);
            return;
        }

        int rows = array.Length;
        if (_numbers.Length < rows) _numbers = GC.AllocateUninitializedArray<double>(rows + (rows >> 1));
        Span<double> numbers = _numbers.AsSpan(0, rows);
        NumberColumn.Read(array, _columnNames[column], numbers);
        encoder.Keys(numbers, _columns[column].BeginScalar(rows));
    }

    void Bind(Schema schema)
    {
        if (ReferenceEquals(schema, _boundSchema)) return;
        for (int i = 0; i < _columnNames.Length; i++) _fieldIndexes[i] = FieldIndex.Of(schema, _columnNames[i]);
        _boundSchema = schema;
    }

    /// <summary>The keys of a feature; crosses are registered once for each list of columns, prefixes shared.</summary>
    static ColumnKeys Find(CombineFeature feature, Dictionary<string, ColumnKeys> known, List<Cross> crosses)
    {
        ColumnKeys keys = known[feature.Columns[0]];
        string text = feature.Columns[0];
        foreach (string column in feature.Columns.Skip(1))
        {
            text = $"{text}#{column}";
            if (!known.TryGetValue(text, out ColumnKeys? result))
            {
                result = new();
                crosses.Add(new(text, keys, known[column], result));
                known[text] = result;
            }

            keys = result;
        }

        return keys;
    }

    static NumericEncoder? Encoder(HashMode mode, string column, FeatureState? state) =>
        state is not null && state.Encodings.TryGetValue(column, out ColumnEncoding? encoding) ? new(mode, column, encoding) : null;

    sealed record Cross(string Name, ColumnKeys Left, ColumnKeys Right, ColumnKeys Result);
}
