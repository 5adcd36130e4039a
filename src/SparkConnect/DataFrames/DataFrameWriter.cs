using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Describes where rows go. Immutable: each method returns a new writer, and those that end in Async write.</summary>
public sealed record DataFrameWriter
{
    readonly DataFrame _source;
    string? _format;
    SaveMode _mode = SaveMode.ErrorIfExists;
    Dictionary<string, string> _options = [];
    string[] _partitionBy = [];
    string[] _sortBy = [];
    string[] _bucketBy = [];
    int _buckets;
    IProgress<ExecutionProgress>? _progress;

    internal DataFrameWriter(DataFrame source) => _source = source;

    /// <summary>The format, such as <c>parquet</c>; without it Spark's default.</summary>
    public DataFrameWriter Format(string format) => this with { _format = format };

    /// <summary>What is done when the target is there already; without it an error.</summary>
    public DataFrameWriter Mode(SaveMode mode) => this with { _mode = mode };

    /// <summary>An option of the format, such as <c>compression</c>.</summary>
    public DataFrameWriter Option(string key, object value) => Options([new(key, DataFrameReader.Text(value))]);

    /// <summary>Options of the format.</summary>
    public DataFrameWriter Options(IEnumerable<KeyValuePair<string, string>> options)
    {
        Dictionary<string, string> all = new(_options);
        foreach ((string key, string value) in options) all[key] = value;
        return this with { _options = all };
    }

    /// <summary>Directories by the values of these columns.</summary>
    public DataFrameWriter PartitionBy(params string[] columns) => this with { _partitionBy = columns };

    /// <summary>Buckets by the hash of columns; for tables only.</summary>
    public DataFrameWriter BucketBy(int buckets, params string[] columns) => this with { _buckets = buckets, _bucketBy = columns };

    /// <summary>The order inside of each bucket.</summary>
    public DataFrameWriter SortBy(params string[] columns) => this with { _sortBy = columns };

    /// <summary>Where the job's progress goes; servers before 4.0 send none.</summary>
    public DataFrameWriter Progress(IProgress<ExecutionProgress>? progress) => this with { _progress = progress };

    /// <summary>Writes files of Parquet into a directory.</summary>
    public Task ParquetAsync(string path, CancellationToken cancellationToken = default) => Format("parquet").SaveAsync(path, cancellationToken);

    /// <summary>Writes files of comma-separated values into a directory.</summary>
    public Task CsvAsync(string path, CancellationToken cancellationToken = default) => Format("csv").SaveAsync(path, cancellationToken);

    /// <summary>Writes files with a JSON object a line into a directory.</summary>
    public Task JsonAsync(string path, CancellationToken cancellationToken = default) => Format("json").SaveAsync(path, cancellationToken);

    /// <summary>Writes files of ORC into a directory.</summary>
    public Task OrcAsync(string path, CancellationToken cancellationToken = default) => Format("orc").SaveAsync(path, cancellationToken);

    /// <summary>Writes into a directory; null for a format that needs none.</summary>
    public Task SaveAsync(string? path = null, CancellationToken cancellationToken = default)
    {
        WriteOperation write = Operation();
        if (path is not null) write.Path = path;
        return RunAsync(write, cancellationToken);
    }

    /// <summary>Makes a table of the catalog.</summary>
    public Task SaveAsTableAsync(string name, CancellationToken cancellationToken = default) =>
        TableAsync(name, WriteOperation.Types.SaveTable.Types.TableSaveMethod.SaveAsTable, cancellationToken);

    /// <summary>Adds to a table of the catalog, columns by position.</summary>
    public Task InsertIntoAsync(string name, CancellationToken cancellationToken = default) =>
        TableAsync(name, WriteOperation.Types.SaveTable.Types.TableSaveMethod.InsertInto, cancellationToken);

    /// <summary>Computes all rows and writes them nowhere.</summary>
    public Task NoopAsync(CancellationToken cancellationToken = default) => Format("noop").Mode(SaveMode.Overwrite).SaveAsync(null, cancellationToken);

    Task TableAsync(string name, WriteOperation.Types.SaveTable.Types.TableSaveMethod method, CancellationToken cancellationToken)
    {
        WriteOperation write = Operation();
        write.Table = new WriteOperation.Types.SaveTable { TableName = name, SaveMethod = method };
        return RunAsync(write, cancellationToken);
    }

    async Task RunAsync(WriteOperation write, CancellationToken cancellationToken) =>
        await _source.Session.CommandAsync(new Command { WriteOperation = write }, _source.Node.Blocks, _progress, cancellationToken);

    WriteOperation Operation()
    {
        WriteOperation write = new() { Input = _source.Node.Relation, Mode = (WriteOperation.Types.SaveMode)_mode };
        if (_format is not null) write.Source = _format;
        write.PartitioningColumns.Add(_partitionBy);
        write.SortColumnNames.Add(_sortBy);
        if (_bucketBy.Length > 0)
        {
            write.BucketBy = new WriteOperation.Types.BucketBy { NumBuckets = _buckets };
            write.BucketBy.BucketColumnNames.Add(_bucketBy);
        }

        foreach ((string key, string value) in _options) write.Options.Add(key, value);
        return write;
    }
}
