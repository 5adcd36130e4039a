using Apache.Arrow;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class DataFrame
{
    /// <summary>The columns' names and types, as the server's analysis finds them.</summary>
    /// <exception cref="AnalysisException">The plan is wrong.</exception>
    public async Task<StructType> SchemaAsync(CancellationToken cancellationToken = default)
    {
        AnalyzePlanRequest request = new() { Schema = new() { Plan = _node.Plan() } };
        AnalyzePlanResponse response = await Session.AnalyzeAsync(request, _node.Blocks, cancellationToken);
        return TypeConversion.Schema(response.Schema.Schema_);
    }

    /// <summary>The columns' names.</summary>
    public async Task<IReadOnlyList<string>> ColumnsAsync(CancellationToken cancellationToken = default) => (await SchemaAsync(cancellationToken)).FieldNames;

    /// <summary>The number of rows.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken = default)
    {
        await foreach (RecordBatch batch in GroupBy(System.Array.Empty<Column>()).Count().CollectArrowAsync(cancellationToken: cancellationToken))
        {
            using (batch)
                if (batch.Length > 0) return ((Int64Array)batch.Column(0)).GetValue(0)!.Value;
        }

        throw new SparkConnectException($"{Session.Address} sent no row for a count. Check the server's log.");
    }

    /// <summary>Whether there is no row.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken = default) => (await TakeAsync(1, cancellationToken)).Count == 0;

    /// <summary>All rows, in memory.</summary>
    public async Task<IReadOnlyList<Row>> CollectAsync(CancellationToken cancellationToken = default)
    {
        List<Row> rows = [];
        StructType? schema = null;
        await foreach (ExecutePlanResponse response in Session.ExecuteAsync(_node.Plan(), _node.Blocks, null, cancellationToken))
        {
            if (response.Schema is { Struct: not null } sent) schema = TypeConversion.Schema(sent);
            if (response.ResponseTypeCase != ExecutePlanResponse.ResponseTypeOneofCase.ArrowBatch) continue;
            foreach (RecordBatch batch in ArrowBytes.Read(response.ArrowBatch.Data))
                using (batch) RowReader.Append(batch, schema ?? ArrowSchemas.ToSpark(batch.Schema), rows);
        }

        return rows;
    }

    /// <summary>All rows as records: columns go to the constructor's parameters, or else the properties, of the same names, whatever their case.</summary>
    /// <typeparam name="T">A record or class, or for one column a plain value such as <c>long</c> or <c>string</c>.</typeparam>
    /// <exception cref="InvalidOperationException">A parameter has no column, or a value does not fit; the message names both.</exception>
    public async Task<IReadOnlyList<T>> CollectAsync<T>(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Row> rows = await CollectAsync(cancellationToken);
        if (rows.Count == 0) return [];
        Func<Row, T> make = RecordBinding.For<T>(rows[0].Schema);
        return [.. rows.Select(make)];
    }

    /// <summary>The first rows.</summary>
    public Task<IReadOnlyList<Row>> TakeAsync(int count, CancellationToken cancellationToken = default) => Limit(count).CollectAsync(cancellationToken);

    /// <summary>The first row; null when there is none.</summary>
    public async Task<Row?> HeadAsync(CancellationToken cancellationToken = default) => await TakeAsync(1, cancellationToken) is [Row first, ..] ? first : null;

    /// <summary>As <see cref="HeadAsync"/>.</summary>
    public Task<Row?> FirstAsync(CancellationToken cancellationToken = default) => HeadAsync(cancellationToken);

    /// <summary>The last rows.</summary>
    public Task<IReadOnlyList<Row>> TailAsync(int count, CancellationToken cancellationToken = default) =>
        With(new Relation { Tail = new() { Input = _node.Relation, Limit = count } }).CollectAsync(cancellationToken);

    /// <summary>The first rows as the table that Spark prints.</summary>
    /// <param name="rows">Rows shown.</param>
    /// <param name="truncate">Longer cells are cut to so many characters; 0 cuts none.</param>
    /// <param name="vertical">Whether each row is a block with a line for each column.</param>
    /// <param name="cancellationToken">Interrupts the job.</param>
    public async Task<string> ShowStringAsync(int rows = 20, int truncate = 20, bool vertical = false, CancellationToken cancellationToken = default)
    {
        Relation shown = new() { ShowString = new() { Input = _node.Relation, NumRows = rows, Truncate = truncate, Vertical = vertical } };
        return (await With(shown).CollectAsync(cancellationToken))[0].Get<string>(0)!;
    }

    /// <summary>Writes the first rows to the console, as Spark prints them.</summary>
    /// <inheritdoc cref="ShowStringAsync"/>
    public async Task ShowAsync(int rows = 20, int truncate = 20, bool vertical = false, CancellationToken cancellationToken = default) =>
        await Console.Out.WriteLineAsync(await ShowStringAsync(rows, truncate, vertical, cancellationToken));

    /// <summary>The plan as Spark explains it.</summary>
    public async Task<string> ExplainAsync(ExplainMode mode = ExplainMode.Simple, CancellationToken cancellationToken = default)
    {
        AnalyzePlanRequest request = new() { Explain = new() { Plan = _node.Plan(), ExplainMode = (AnalyzePlanRequest.Types.Explain.Types.ExplainMode)mode } };
        return (await Session.AnalyzeAsync(request, _node.Blocks, cancellationToken)).Explain.ExplainString;
    }

    /// <summary>Names this DataFrame for SQL of the session, in the place of a view of that name.</summary>
    public async Task CreateOrReplaceTempViewAsync(string name, CancellationToken cancellationToken = default) =>
        await Session.CommandAsync(new Command { CreateDataframeView = new() { Input = _node.Relation, Name = name, Replace = true } }, _node.Blocks, null, cancellationToken);

    /// <summary>Asks Spark to keep the rows, in memory and on disk, once they were computed.</summary>
    public Task<DataFrame> CacheAsync(CancellationToken cancellationToken = default) => PersistAsync(SparkConnect.StorageLevel.MemoryAndDisk, cancellationToken);

    /// <summary>Asks Spark to keep the rows once they were computed.</summary>
    public async Task<DataFrame> PersistAsync(StorageLevel level, CancellationToken cancellationToken = default)
    {
        await Session.AnalyzeAsync(new AnalyzePlanRequest { Persist = new() { Relation = _node.Relation, StorageLevel = level.ToProtocol() } }, _node.Blocks, cancellationToken);
        return this;
    }

    /// <summary>Lets Spark drop the kept rows.</summary>
    /// <param name="blocking">Whether to wait until they are dropped.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<DataFrame> UnpersistAsync(bool blocking = false, CancellationToken cancellationToken = default)
    {
        await Session.AnalyzeAsync(new AnalyzePlanRequest { Unpersist = new() { Relation = _node.Relation, Blocking = blocking } }, _node.Blocks, cancellationToken);
        return this;
    }
}
