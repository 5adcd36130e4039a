using Google.Protobuf;
using Grpc.Core;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Storage;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>Serves the control calls of a shard.</summary>
sealed class ControlService(HostedShard shard, ShardHost host) : ShardControl.ShardControlBase
{
    static readonly Empty s_empty = new();

    /// <inheritdoc/>
    public override Task<Identity> Identify(Empty request, ServerCallContext context) => Call(context, _ => new Identity
    {
        Protocol = WireProtocol.Version,
        Job = shard.Options.JobId,
        Version = typeof(ControlService).Assembly.GetName().Version?.ToString(3) ?? "",
        Run = shard.Layout is { } layout ? ByteString.CopyFrom(layout.RunId.ToByteArray()) : ByteString.Empty,
        Generation = shard.Layout?.Generation ?? 0,
        Shard = shard.Number,
        ShardCount = shard.ShardCount,
    });

    /// <inheritdoc/>
    public override Task<Empty> Configure(Configuration request, ServerCallContext context) => Do(context, _ =>
    {
        shard.Configure(ControlMessages.ReadLayout(request.Layout), request.Shard, request.ShardCount);
        return default;
    });

    /// <inheritdoc/>
    public override Task<Empty> BeginEpoch(Epoch request, ServerCallContext context) => Change(context, token =>
        shard.Channel.BeginEpochAsync(request.Epoch_, [.. request.FirstSteps], token));

    /// <inheritdoc/>
    public override Task<Empty> RequestStop(Empty request, ServerCallContext context) => Change(context, shard.Channel.RequestStopAsync);

    /// <inheritdoc/>
    public override Task<Empty> WriteDense(DenseValues request, ServerCallContext context) => Change(context, token =>
    {
        CheckTensor(request.Tensor);
        return shard.Channel.WriteDenseAsync(request.ToSlice(), token);
    });

    /// <inheritdoc/>
    public override Task<DenseValues> ReadDense(DenseTensor request, ServerCallContext context) => CallAsync(context, async token =>
    {
        CheckTensor(request.Tensor);
        return (await shard.Channel.ReadDenseAsync(request.Tensor, token)).ToMessage();
    });

    /// <inheritdoc/>
    public override Task<Empty> WriteRows(Rows request, ServerCallContext context) => Change(context, async token =>
    {
        CheckTable(request.Table);
        using NativeBuffer keys = new(), values = new();
        await shard.Channel.WriteRowsAsync(new SparsePush(request.Table, Copy(request.Keys, keys), Copy(request.Values, values)), token);
    });

    /// <inheritdoc/>
    public override Task<Empty> Load(TableFiles request, ServerCallContext context) => Change(context, token =>
    {
        if (request.Table >= 0) CheckTable(request.Table);
        return shard.Channel.LoadAsync(request.ToLoad(), token);
    });

    /// <inheritdoc/>
    public override Task<SavedSnapshot> Save(Snapshot request, ServerCallContext context) => ChangeAsync(context, async token =>
        (await shard.Channel.SaveAsync(request.ToRequest(), token)).ToMessage());

    /// <inheritdoc/>
    public override Task<Pruned> Prune(Pruning request, ServerCallContext context) => ChangeAsync(context, async token =>
    {
        if (request.Table >= 0) CheckTable(request.Table);
        return new Pruned { Rows = await shard.Channel.PruneAsync(request.ToRequest(), token) };
    });

    /// <inheritdoc/>
    public override Task<Empty> Cancel(Empty request, ServerCallContext context) => Do(context, async _ =>
    {
        if (NumberOf(context) is not { } number) throw new BadInputException($"the call to give up is not named; expected the metadata entry {WireProtocol.CallKey}");
        await shard.Calls.CancelAsync(number);
    });

    /// <inheritdoc/>
    public override Task<Statistics> GetStatistics(Empty request, ServerCallContext context) => CallAsync(context, async token =>
    {
        Statistics result = new();
        (result.RowsPulled, result.RowsPushed, result.BytesReceived, result.BytesSent, result.ApplyMicroseconds, result.Exchanges) =
            shard.Traffic.Read();
        if (shard.Layout is not { } layout) return result;
        ShardStatistics statistics = await shard.Channel.GetStatisticsAsync(token);
        result.AppliedSteps = statistics.AppliedSteps;
        result.Tables.AddRange(statistics.Tables.Select((t, i) =>
            new Wire.TableStatistics { Name = layout.Tables[i].Name, Rows = t.Rows, Bytes = t.Bytes }));
        return result;
    });

    /// <inheritdoc/>
    public override Task<Empty> Report(WorkerReport request, ServerCallContext context) => Do(context, _ =>
    {
        shard.Hub.Report(request.Partition, request.Snapshot, request.State.ToByteArray());
        return default;
    });

    /// <inheritdoc/>
    public override Task<WorkerReports> CollectReports(Empty request, ServerCallContext context) => Call(context, _ =>
    {
        WorkerReports result = new();
        result.Reports.AddRange(shard.Hub.CollectReports().Select(r =>
            new WorkerReport { Partition = r.Partition, Snapshot = r.Snapshot, State = UnsafeByteOperations.UnsafeWrap(r.State) }));
        return result;
    });

    /// <inheritdoc/>
    public override Task<Empty> SendMessage(AgentEnvelope request, ServerCallContext context) => Change(context, _ =>
    {
        shard.Hub.Send(request.Sender, request.Receiver, request.Content.ToByteArray(), TimeSpan.FromMilliseconds(request.LifetimeMilliseconds));
        return default;
    });

    /// <inheritdoc/>
    public override Task<AgentEnvelopes> ReceiveMessages(AgentMailbox request, ServerCallContext context) => CallAsync(context, async token =>
    {
        AgentEnvelopes result = new();
        result.Messages.AddRange((await shard.Hub.ReceiveAsync(request.Name, request.After, TimeSpan.FromMilliseconds(request.WaitMilliseconds), token)).Select(m =>
            new AgentEnvelope { Sender = m.Sender, Receiver = request.Name, Content = UnsafeByteOperations.UnsafeWrap(m.Content), Number = m.Number }));
        return result;
    });

    /// <inheritdoc/>
    public override Task<Empty> Stop(Empty request, ServerCallContext context) => Call(context, _ =>
    {
        host.RequestStop();
        return s_empty;
    });

    static NativeBlock Copy(ByteString bytes, NativeBuffer buffer)
    {
        NativeBlock block = buffer.Reserve<byte>(bytes.Length);
        bytes.Span.CopyTo(block.AsSpan<byte>());
        return block;
    }

    void CheckTable(int table)
    {
        if (shard.Layout is { } layout && (uint)table >= (uint)layout.Tables.Count)
            throw new BadInputException($"table {table} is asked for; the shard has {layout.Tables.Count}");
    }

    void CheckTensor(int tensor)
    {
        if (shard.Layout is { } layout && (uint)tensor >= (uint)layout.DenseTensors.Count)
            throw new BadInputException($"dense tensor {tensor} is asked for; the shard has {layout.DenseTensors.Count}");
    }

    static CallNumber? NumberOf(ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue(WireProtocol.CallKey) is not { } text) return null;
        return CallNumber.TryParse(text, out CallNumber number)
            ? number
            : throw new BadInputException($"the call has the number '{text}'; expected client/number, the client as 32 hexadecimal digits");
    }

    Task<Empty> Change(ServerCallContext context, Func<CancellationToken, ValueTask> action) => ChangeAsync(context, async token =>
    {
        await action(token);
        return s_empty;
    });

    Task<T> ChangeAsync<T>(ServerCallContext context, Func<CancellationToken, Task<T>> action) where T : class => CallAsync(
        context, token => NumberOf(context) is { } number ? shard.Calls.DoAsync(number, action, token) : action(token));

    Task<Empty> Do(ServerCallContext context, Func<CancellationToken, ValueTask> action) => CallAsync(context, async token =>
    {
        await action(token);
        return s_empty;
    });

    Task<T> Call<T>(ServerCallContext context, Func<CancellationToken, T> function) =>
        CallAsync(context, token => Task.FromResult(function(token)));

    async Task<T> CallAsync<T>(ServerCallContext context, Func<CancellationToken, Task<T>> function)
    {
        shard.Touch();
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, shard.Stopping.Token);
        try
        {
            return await function(stop.Token);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw WireError.ToRpc(error);
        }
        finally
        {
            shard.Touch();
        }
    }
}
