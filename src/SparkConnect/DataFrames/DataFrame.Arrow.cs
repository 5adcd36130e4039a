using System.Runtime.CompilerServices;
using Apache.Arrow;
using Google.Protobuf;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class DataFrame
{
    // What the worker program reads before anything that differs between Spark's versions.
    internal const string WorkerTag = "metaspore1;spark=";

    // Spark's number for functions from Arrow batches to Arrow batches.
    const int MapInArrowType = 207;

    /// <summary>
    /// Each partition's rows passed through a function of the worker program. Lazy, but for the names of this DataFrame's columns,
    /// which the server is asked for.
    /// </summary>
    /// <param name="function">The function.</param>
    /// <param name="schema">The columns that it returns, as DDL: <c>id BIGINT, score DOUBLE</c>.</param>
    /// <param name="barrier">
    /// Whether all partitions run at once and can wait for each other. Then there must be as many slots as partitions and no dynamic
    /// allocation, and above it in the same stage only collecting or writing: no limit, show, union or coalesce.
    /// </param>
    /// <param name="cancellationToken">Cancels the question.</param>
    public async Task<DataFrame> MapInArrowAsync(ArrowFunction function, string schema, bool barrier = false, CancellationToken cancellationToken = default) =>
        MapInArrow(function, schema, await ColumnsAsync(cancellationToken), barrier);

    /// <inheritdoc cref="MapInArrowAsync(ArrowFunction, string, bool, CancellationToken)"/>
    public async Task<DataFrame> MapInArrowAsync(ArrowFunction function, StructType schema, bool barrier = false, CancellationToken cancellationToken = default) =>
        MapInArrow(function, TypeConversion.ToProtocol(schema), await ColumnsAsync(cancellationToken), barrier);

    /// <summary>As <see cref="MapInArrowAsync(ArrowFunction, string, bool, CancellationToken)"/>, with the names of all columns given: the server is not asked.</summary>
    /// <param name="function">The function.</param>
    /// <param name="schema">The columns that it returns, as DDL.</param>
    /// <param name="columns">The names of all columns of this DataFrame, in order; those that are left out may not reach the function.</param>
    /// <param name="barrier">Whether all partitions run at once.</param>
    public DataFrame MapInArrow(ArrowFunction function, string schema, IReadOnlyList<string> columns, bool barrier = false) =>
        MapInArrow(function, new Protocol.DataType { Unparsed = new() { DataTypeString = schema } }, columns, barrier);

    DataFrame MapInArrow(ArrowFunction function, Protocol.DataType schema, IReadOnlyList<string> columns, bool barrier)
    {
        CommonInlineUserDefinedFunction inline = new()
        {
            FunctionName = function.Name,
            Deterministic = true,
            PythonUdf = new PythonUdf
            {
                OutputType = schema,
                EvalType = MapInArrowType,
                Command = ByteString.CopyFrom(function.Command.Span),
                PythonVer = WorkerTag + Session.MajorMinor,
            },
        };
        inline.Arguments.Add(columns.Select(name => Functions.Col(ColumnName.Quote(name)).Expression));
        return With(new Relation { MapPartitions = new() { Input = _node.Relation, Func = inline, IsBarrier = barrier } });
    }

    /// <summary>
    /// Carries the plan out and yields its rows as the server sends them: a partition's rows when its task and all before it are finished.
    /// At least one batch comes, without rows when there are none. The caller owns the batches. Stopping early, or cancelling, interrupts the job.
    /// </summary>
    /// <param name="progress">Gets the tasks' state about every two seconds; servers before 4.0 send none.</param>
    /// <param name="cancellationToken">Interrupts the job.</param>
    public async IAsyncEnumerable<RecordBatch> CollectArrowAsync(
        IProgress<ExecutionProgress>? progress = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (ExecutePlanResponse response in Session.ExecuteAsync(_node.Plan(), _node.Blocks, progress, cancellationToken))
        {
            if (response.ResponseTypeCase != ExecutePlanResponse.ResponseTypeOneofCase.ArrowBatch) continue;
            foreach (RecordBatch batch in ArrowBytes.Read(response.ArrowBatch.Data)) yield return batch;
        }
    }
}
