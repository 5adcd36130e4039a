using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;
using Request = MetaSpore.Spark.SparkConnect.Protocol.ExecutePlanRequest;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class SparkSession
{
    ImmutableHashSet<string> _tags = [];

    /// <summary>Marks the jobs that are started from now on, for <see cref="InterruptTagAsync"/>.</summary>
    /// <param name="tag">A text without commas, not empty.</param>
    public void AddTag(string tag)
    {
        if (string.IsNullOrEmpty(tag) || tag.Contains(',', StringComparison.Ordinal)) throw new ArgumentException("A tag is not empty and has no comma.", nameof(tag));
        ImmutableInterlocked.Update(ref _tags, (tags, added) => tags.Add(added), tag);
    }

    /// <summary>Stops marking jobs with a tag.</summary>
    public void RemoveTag(string tag) => ImmutableInterlocked.Update(ref _tags, (tags, removed) => tags.Remove(removed), tag);

    /// <summary>Runs SQL. A command (CREATE, INSERT, SET …) is carried out before this returns; a query is planned and stays lazy.</summary>
    /// <param name="query">The text.</param>
    /// <param name="parameters">Values of the text's <c>:name</c> markers.</param>
    /// <param name="cancellationToken">Interrupts the command.</param>
    /// <returns>The query's rows, or the command's answer.</returns>
    /// <exception cref="ParseException">The text is not SQL.</exception>
    public async Task<DataFrame> SqlAsync(string query, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        SqlCommand command = new();
        Sql sql = new() { Query = query };
        if (MajorMinor.Major < 4)
        {
            command.Sql = query;
            foreach ((string name, object? value) in parameters ?? ImmutableDictionary<string, object?>.Empty) command.Args.Add(name, Literals.Of(value));
        }
        else
        {
            foreach ((string name, object? value) in parameters ?? ImmutableDictionary<string, object?>.Empty) sql.NamedArguments.Add(name, Functions.Lit(value).Expression);
            command.Input = new Relation { Sql = sql };
        }

        Relation? result = await CommandAsync(new Command { SqlCommand = command }, [], null, cancellationToken);
        return new DataFrame(this, PlanNode.Of(result ?? new Relation { Sql = sql }));
    }

    /// <summary>Reads a schema or type written as DDL.</summary>
    /// <exception cref="ParseException">The text is not DDL.</exception>
    public async Task<StructType> ParseDdlAsync(string ddl, CancellationToken cancellationToken = default)
    {
        AnalyzePlanResponse response = await AnalyzeAsync(new AnalyzePlanRequest { DdlParse = new() { DdlString = ddl } }, [], cancellationToken);
        return response.DdlParse.Parsed is { Struct: not null } parsed ? TypeConversion.Schema(parsed)
            : throw new ArgumentException($"'{ddl}' is a type, not the columns of a schema; write name TYPE, name TYPE.", nameof(ddl));
    }

    internal async IAsyncEnumerable<ExecutePlanResponse> ExecuteAsync(Plan plan, IReadOnlyList<LocalBlock> blocks, IProgress<ExecutionProgress>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        await _artifacts.SendAsync(blocks, cancellationToken);
        Request request = new()
        {
            SessionId = SessionId,
            UserContext = _client.User,
            Plan = plan,
            ClientType = _client.ClientType,
            OperationId = Guid.NewGuid().ToString(),
            RequestOptions = { new Request.Types.RequestOption { ReattachOptions = new() { Reattachable = true } } },
        };
        request.Tags.Add(_tags);
        Execution execution = new(_client, request);
        await foreach (ExecutePlanResponse response in execution.ReadAsync(cancellationToken))
        {
            if (response.ExecutionProgress is { } state) progress?.Report(Progress(state));
            else yield return response;
        }
    }

    internal async Task<Relation?> CommandAsync(Command command, IReadOnlyList<LocalBlock> blocks, IProgress<ExecutionProgress>? progress, CancellationToken cancellationToken)
    {
        Relation? result = null;
        await foreach (ExecutePlanResponse response in ExecuteAsync(new Plan { Command = command }, blocks, progress, cancellationToken))
            if (response.SqlCommandResult is { } sql) result = sql.Relation;
        return result;
    }

    internal async Task<AnalyzePlanResponse> AnalyzeAsync(AnalyzePlanRequest request, IReadOnlyList<LocalBlock> blocks, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        await _artifacts.SendAsync(blocks, cancellationToken);
        return await AnalyzeAsync(_client, request, _client.Times.Retries, cancellationToken);
    }

    static async Task<AnalyzePlanResponse> AnalyzeAsync(ConnectClient client, AnalyzePlanRequest request, RetryPolicy retries, CancellationToken cancellationToken)
    {
        request.SessionId = client.SessionId;
        request.UserContext = client.User;
        request.ClientType = client.ClientType;
        if (client.ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
        AnalyzePlanResponse response = await client.CallAsync(
            async options => await client.Stub.AnalyzePlanAsync(request, options), client.Times.LongCall, retries, cancellationToken);
        client.Observe(response.ServerSideSessionId);
        return response;
    }

    async Task<IReadOnlyList<string>> InterruptAsync(InterruptRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        request.SessionId = SessionId;
        request.UserContext = _client.User;
        request.ClientType = _client.ClientType;
        if (_client.ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
        InterruptResponse response = await _client.CallAsync(
            async options => await _client.Stub.InterruptAsync(request, options), _client.Times.Call, _client.Times.Retries, cancellationToken);
        return response.InterruptedIds;
    }

    async Task KeepAliveAsync()
    {
        using PeriodicTimer timer = new(_client.Times.KeepAlive);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                try
                {
                    await AnalyzeAsync(_client, new AnalyzePlanRequest { SparkVersion = new() }, _client.Times.ConnectRetries, _end.Token);
                }
                catch (SparkException)
                {
                    // The next call of the user says what is wrong.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The session ends.
        }
    }

    async Task ReleaseAsync()
    {
        if (MajorMinor.Major < 4) return;
        ReleaseSessionRequest request = new() { SessionId = SessionId, UserContext = _client.User, ClientType = _client.ClientType };
        try
        {
            await _client.Stub.ReleaseSessionAsync(request, _client.Options(_client.Times.Release, CancellationToken.None));
        }
        catch (RpcException)
        {
            // The server forgets unused sessions by itself.
        }
    }

    static ExecutionProgress Progress(ExecutePlanResponse.Types.ExecutionProgress state) => new(
        [.. state.Stages.Select(stage => new StageProgress(stage.StageId, stage.NumTasks, stage.NumCompletedTasks, stage.InputBytesRead, stage.Done))],
        state.NumInflightTasks);
}
