using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>
/// A shard of another process. A call whose way broke is repeated: what an exchange pushes is applied once, by its step, and a
/// control call that changes the shard once, by its number. Thread-safe; owns its connection.
/// </summary>
public sealed partial class GrpcShardChannel : IShardChannel, IJobMailbox
{
    static readonly Meter s_meter = new("MetaSpore.Spark.Client");
    static readonly Counter<long> s_retries = s_meter.CreateCounter<long>("metaspore.client.retries", "{call}", "Calls to shards that were repeated");

    static readonly TimeSpan s_giveUpTime = TimeSpan.FromSeconds(5);

    readonly Uri _endpoint;
    readonly ShardConnectionOptions _options;
    readonly GrpcChannel _channel;
    readonly CallInvoker _invoker;
    readonly ShardControl.ShardControlClient _control;
    readonly ConcurrentBag<ExchangeStream> _idle = [];
    readonly CallSequence _changes = new();
    readonly CallSequence _saves = new();
    readonly CallSequence _sends = new();
    readonly Lock _stopLock = new();
    ExchangeFormat? _format;
    ExchangeCheck? _check;
    ShardAddress? _address;
    (int Epoch, long Step) _stop = (-1, -1);

    /// <summary>Prepares a connection; nothing is sent.</summary>
    /// <param name="endpoint">Where the shard listens.</param>
    /// <param name="options">Job, secret, deadlines.</param>
    public GrpcShardChannel(Uri endpoint, ShardConnectionOptions options)
    {
        _endpoint = endpoint;
        _options = options;
        _channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions
        {
            HttpHandler = ShardHttp.Handler(options),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxMessageBytes,
            MaxSendMessageSize = null,
        });
        _invoker = _channel.CreateCallInvoker();
        _control = new ShardControl.ShardControlClient(_invoker);
    }

    /// <inheritdoc/>
    public long StopStep
    {
        get
        {
            lock (_stopLock) return _stop.Step;
        }
    }

    /// <summary>Says what the shard holds, to a process that did not configure it.</summary>
    public void Attach(StoreLayout layout, int shard, int shardCount)
    {
        WireEncoding encoding = layout.Mode == TrainingMode.Sync ? _options.Encoding & ~WireEncoding.BFloat16 : _options.Encoding;
        _format = new ExchangeFormat(layout, shard, shardCount, encoding);
        _address = new ShardAddress(layout.RunId, layout.Generation, shard, shardCount);
        _check = new ExchangeCheck(layout, [.. Enumerable.Range(0, layout.DenseTensors.Count).Select(_format.DenseBytes)]);
    }

    /// <inheritdoc/>
    public async ValueTask ConfigureAsync(StoreLayout layout, int shard, int shardCount, CancellationToken cancellationToken)
    {
        Attach(layout, shard, shardCount);
        await CallAsync(
            options => _control.ConfigureAsync(new Configuration { Layout = ControlMessages.Write(layout), Shard = shard, ShardCount = shardCount }, options),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask ExchangeAsync(StepExchange exchange, CancellationToken cancellationToken)
    {
        if (_format is not { } format) throw new InvalidOperationException($"the shard at {_endpoint} is used before it is configured");
        _check!.Check(exchange);
        await RetryAsync(async token =>
        {
            if (!_idle.TryTake(out ExchangeStream? stream)) stream = new ExchangeStream(_invoker, format, Headers(format));
            bool isIntact = false;
            try
            {
                NoteStop(exchange.Step.Epoch, await stream.ExchangeAsync(exchange, token));
                isIntact = true;
                return true;
            }
            finally
            {
                if (isIntact)
                {
                    _idle.Add(stream);
                }
                else
                {
                    // What broke this stream broke the idle ones: a retry opens a new one.
                    stream.Dispose();
                    CloseIdle();
                }
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask BeginEpochAsync(int epoch, IReadOnlyList<long> firstSteps, CancellationToken cancellationToken)
    {
        Epoch message = new() { Epoch_ = epoch };
        message.FirstSteps.AddRange(firstSteps);
        await ChangeAsync(_changes, options => _control.BeginEpochAsync(message, options), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask RequestStopAsync(CancellationToken cancellationToken) =>
        await ChangeAsync(_changes, options => _control.RequestStopAsync(new Empty(), options), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WriteDenseAsync(DenseSlice slice, CancellationToken cancellationToken) =>
        await ChangeAsync(_changes, options => _control.WriteDenseAsync(slice.ToMessage(), options), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<DenseSlice> ReadDenseAsync(int tensor, CancellationToken cancellationToken) =>
        (await CallAsync(options => _control.ReadDenseAsync(new DenseTensor { Tensor = tensor }, options), cancellationToken)).ToSlice();

    /// <inheritdoc/>
    public async ValueTask WriteRowsAsync(SparsePush values, CancellationToken cancellationToken)
    {
        Rows message = new()
        {
            Table = values.Table,
            Keys = ByteString.CopyFrom(values.Keys.AsSpan<byte>()),
            Values = ByteString.CopyFrom(values.Gradients.AsSpan<byte>()),
        };
        await ChangeAsync(_changes, options => _control.WriteRowsAsync(message, options), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask LoadAsync(TableLoad load, CancellationToken cancellationToken) =>
        await ChangeAsync(_changes, options => _control.LoadAsync(load.ToMessage(), options), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ShardSnapshot> SaveAsync(SnapshotRequest request, CancellationToken cancellationToken) =>
        (await ChangeAsync(_saves, options => _control.SaveAsync(request.ToMessage(), options), cancellationToken)).ToSnapshot();

    /// <inheritdoc/>
    public async ValueTask<long> PruneAsync(PruneRequest request, CancellationToken cancellationToken) =>
        (await ChangeAsync(_changes, options => _control.PruneAsync(request.ToMessage(), options), cancellationToken)).Rows;

    /// <inheritdoc/>
    public async ValueTask<ShardStatistics> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        Statistics statistics = await CallAsync(options => _control.GetStatisticsAsync(new Empty(), options), cancellationToken);
        return new ShardStatistics(
            [.. statistics.Tables.Select(t => new Storage.TableStatistics(t.Rows, t.Bytes))], statistics.AppliedSteps);
    }

    /// <summary>What the shard is and what has passed through it.</summary>
    public async ValueTask<ShardReport> GetReportAsync(CancellationToken cancellationToken)
    {
        Identity identity = await CallAsync(options => _control.IdentifyAsync(new Empty(), options), cancellationToken);
        Statistics statistics = await CallAsync(options => _control.GetStatisticsAsync(new Empty(), options), cancellationToken);
        return new ShardReport(
            _endpoint,
            identity.Shard,
            identity.ShardCount,
            identity.Generation,
            statistics.AppliedSteps,
            statistics.Exchanges,
            statistics.RowsPulled,
            statistics.RowsPushed,
            statistics.BytesReceived,
            statistics.BytesSent,
            TimeSpan.FromMicroseconds(statistics.ApplyMicroseconds),
            [.. statistics.Tables.Select(t => (t.Name, new Storage.TableStatistics(t.Rows, t.Bytes)))]);
    }

    /// <summary>Asks the shard's host to end.</summary>
    public async ValueTask StopAsync(CancellationToken cancellationToken) =>
        await CallAsync(options => _control.StopAsync(new Empty(), options), cancellationToken, retries: 0);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        CloseIdle();
        _channel.Dispose();
        _changes.Dispose();
        _saves.Dispose();
        _sends.Dispose();
        return default;
    }

    void CloseIdle()
    {
        while (_idle.TryTake(out ExchangeStream? stream)) stream.Dispose();
    }

    // Answers of several partitions come in any order: within an epoch, a known stop stays known.
    void NoteStop(int epoch, long step)
    {
        lock (_stopLock)
        {
            if (epoch > _stop.Epoch || (epoch == _stop.Epoch && step >= 0)) _stop = (epoch, step);
        }
    }

    Metadata Headers(ExchangeFormat? format, CallNumber? call = null)
    {
        Metadata headers = new()
        {
            { WireProtocol.VersionKey, WireProtocol.Version.ToString(CultureInfo.InvariantCulture) },
            { WireProtocol.JobKey, _options.JobId },
            { WireProtocol.SecretKey, WireProtocol.Bearer(_options.Secret.Span) },
        };
        if (_address is { } address) headers.Add(WireProtocol.ShardKey, address.ToString());
        if (format is not null) headers.Add(WireProtocol.EncodingKey, ((int)format.Encoding).ToString(CultureInfo.InvariantCulture));
        if (call is { } number) headers.Add(WireProtocol.CallKey, number.ToString());
        return headers;
    }

    Task<T> CallAsync<T>(
        Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken, int? retries = null, CallNumber? number = null) =>
        RetryAsync(async token => await call(new CallOptions(Headers(null, number), cancellationToken: token)), cancellationToken, retries);

    // The shard goes on with a call whose way broke; so it must be told when nobody waits for it any more.
    Task<T> ChangeAsync<T>(CallSequence sequence, Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken) => sequence.NextAsync(
        number => CallAsync(call, cancellationToken, number: number),
        async number =>
        {
            using CancellationTokenSource limit = new(s_giveUpTime, _options.TimeProvider);
            Task given = _control.CancelAsync(new Empty(), new CallOptions(Headers(null, number), cancellationToken: limit.Token)).ResponseAsync;
            await given.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        },
        cancellationToken);

    // One deadline for all attempts; a shard's own refusal is final, a broken way is tried again.
    async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken, int? retries = null)
    {
        using CancellationTokenSource deadline = new(_options.CallTimeout, _options.TimeProvider);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        TimeSpan delay = _options.RetryDelay;
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await attempt(stop.Token);
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException or IOException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (error is RpcException rpc && WireError.FromRpc(rpc) is { } final) throw final;
                if (deadline.IsCancellationRequested || tries > (retries ?? _options.Retries)) throw Unreachable(error, tries, deadline.IsCancellationRequested);
            }

            s_retries.Add(1);
            await Task.Delay(delay, _options.TimeProvider, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay *= 2;
        }
    }

    ShardUnreachableException Unreachable(Exception error, int tries, bool isLate)
    {
        string reason = isLate || error is not RpcException rpc ? $"no answer within {_options.CallTimeout.TotalSeconds:0.###} s" : Reason(rpc.Status);
        return new ShardUnreachableException(
            $"the shard at {_endpoint} can't be reached ({tries} {(tries == 1 ? "try" : "tries")}): {reason}. Its process may have ended: look at its log", error);
    }

    // The library's text says little; what it caught says why.
    static string Reason(Status status)
    {
        string what = status.Detail.TrimEnd('.');
        string? why = status.DebugException?.GetBaseException().Message.TrimEnd('.');
        return why is null || what.Contains(why, StringComparison.Ordinal) ? what : $"{what}: {why}";
    }
}
