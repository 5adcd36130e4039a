using System.Globalization;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Describes a source to read. Immutable: each method returns a new reader.</summary>
public sealed record DataFrameReader
{
    readonly SparkSession _session;
    string? _format;
    string? _schema;
    Dictionary<string, string> _options = [];

    internal DataFrameReader(SparkSession session) => _session = session;

    /// <summary>The source, such as <c>parquet</c>; without it Spark's default.</summary>
    public DataFrameReader Format(string format) => this with { _format = format };

    /// <summary>The columns, as DDL: <c>id BIGINT, name STRING</c>.</summary>
    public DataFrameReader Schema(string ddl) => this with { _schema = ddl };

    /// <summary>The columns.</summary>
    public DataFrameReader Schema(StructType schema) => Schema(schema.ToDdl());

    /// <summary>An option of the source, such as <c>header</c> of csv.</summary>
    public DataFrameReader Option(string key, object value) => Options([new(key, Text(value))]);

    /// <summary>Options of the source.</summary>
    public DataFrameReader Options(IEnumerable<KeyValuePair<string, string>> options)
    {
        Dictionary<string, string> all = new(_options);
        foreach ((string key, string value) in options) all[key] = value;
        return this with { _options = all };
    }

    /// <summary>Files of Parquet.</summary>
    public DataFrame Parquet(params string[] paths) => Format("parquet").Load(paths);

    /// <summary>Files of comma-separated values.</summary>
    public DataFrame Csv(params string[] paths) => Format("csv").Load(paths);

    /// <summary>Files with a JSON object a line.</summary>
    public DataFrame Json(params string[] paths) => Format("json").Load(paths);

    /// <summary>Files of ORC.</summary>
    public DataFrame Orc(params string[] paths) => Format("orc").Load(paths);

    /// <summary>Files or directories as the server sees them; a source that needs no path gets none.</summary>
    public DataFrame Load(params string[] paths)
    {
        Read.Types.DataSource source = new();
        if (_format is not null) source.Format = _format;
        if (_schema is not null) source.Schema = _schema;
        foreach ((string key, string value) in _options) source.Options.Add(key, value);
        source.Paths.Add(paths);
        return new DataFrame(_session, PlanNode.Of(new Relation { Read = new() { DataSource = source } }));
    }

    /// <summary>A table or view of the catalog.</summary>
    public DataFrame Table(string name)
    {
        Read.Types.NamedTable table = new() { UnparsedIdentifier = name };
        foreach ((string key, string value) in _options) table.Options.Add(key, value);
        return new DataFrame(_session, PlanNode.Of(new Relation { Read = new() { NamedTable = table } }));
    }

    internal static string Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
