using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Storage;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>One worker's view of a store in a test: pushes and pulls managed arrays.</summary>
public sealed class StoreSession(ParameterClient client, int partition = 0)
{
    public int Generation { get; set; } = 1;

    public int Epoch { get; set; }

    public long NextStep { get; set; }

    public ParameterClient Client => client;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Reads rows; (U, D).</summary>
    public async Task<float[]> PullAsync(int table, ulong[] keys, bool readOnly = false, bool nanFill = false)
    {
        using Blocks blocks = new();
        StepExchange exchange = new() { Step = Key(-1) };
        NativeBlock rows = blocks.Zeros<float>(keys.Length * client.Layout.Tables[table].Dimension);
        exchange.SparsePulls.Add(new SparsePull(table, blocks.Of(keys), rows, readOnly, nanFill));
        await client.ExchangeAsync(exchange, Token);
        return rows.AsSpan<float>().ToArray();
    }

    /// <summary>Reads a whole dense tensor.</summary>
    public async Task<float[]> PullDenseAsync(int tensor)
    {
        using Blocks blocks = new();
        StepExchange exchange = new() { Step = Key(-1) };
        NativeBlock values = blocks.Zeros<float>((int)client.Layout.DenseTensors[tensor].ElementCount);
        exchange.DensePulls.Add(new DensePull(tensor, values));
        await client.ExchangeAsync(exchange, Token);
        return values.AsSpan<float>().ToArray();
    }

    /// <summary>Pushes the next step.</summary>
    public async Task PushAsync(Push push)
    {
        await SendAsync(push, NextStep, push.Fingerprint ?? (ulong)NextStep);
        NextStep++;
    }

    /// <summary>Pushes any step.</summary>
    public async Task SendAsync(Push push, long step, ulong fingerprint, CancellationToken? token = null)
    {
        using Blocks blocks = new();
        StepExchange exchange = new()
        {
            Step = Key(step),
            Fingerprint = fingerprint,
            RowCount = push.Rows,
            EndOfPartition = push.End,
            SnapshotId = push.Snapshot,
        };
        if (push.Keys.Length > 0) exchange.SparsePushes.Add(new SparsePush(push.Table, blocks.Of(push.Keys), blocks.Of(push.Gradients)));
        if (push.Dense is { } dense) exchange.DensePushes.Add(new DensePush(push.Tensor, blocks.Of(dense)));
        if (push.Pull is { } pulled)
        {
            NativeBlock rows = blocks.Zeros<float>(pulled.Length * client.Layout.Tables[push.Table].Dimension);
            exchange.SparsePulls.Add(new SparsePull(push.Table, blocks.Of(pulled), rows, false, false));
        }

        await client.ExchangeAsync(exchange, token ?? Token);
    }

    /// <summary>Ends the partition without a push.</summary>
    public async Task EndAsync() =>
        await client.ExchangeAsync(new StepExchange { Step = Key(-1), EndOfPartition = true }, Token);

    /// <summary>Sets a dense tensor.</summary>
    public Task WriteDenseAsync(int tensor, params float[] values) =>
        client.WriteDenseAsync(new DenseSlice(tensor, [.. values.SelectMany(BitConverter.GetBytes)], null), Token);

    StepKey Key(long step) => new(client.Layout.RunId, Generation, Epoch, partition, step);
}

/// <summary>What a test pushes.</summary>
public sealed record Push(ulong[] Keys, float[] Gradients)
{
    public int Table { get; init; }

    public int Tensor { get; init; }

    public float[]? Dense { get; init; }

    public int Rows { get; init; } = 1;

    public bool End { get; init; }

    public long Snapshot { get; init; }

    public ulong[]? Pull { get; init; }

    public ulong? Fingerprint { get; init; }

    public static Push Nothing { get; } = new([], []);
}

/// <summary>Native copies of arrays for the length of a call.</summary>
public sealed class Blocks : IDisposable
{
    readonly List<NativeBuffer> _buffers = [];

    public NativeBlock Of<T>(T[] values) where T : unmanaged
    {
        NativeBlock block = Reserve<T>(values.Length);
        values.CopyTo(block.AsSpan<T>());
        return block;
    }

    public NativeBlock Zeros<T>(int count) where T : unmanaged
    {
        NativeBlock block = Reserve<T>(count);
        block.AsSpan<T>().Clear();
        return block;
    }

    public void Dispose() => _buffers.ForEach(b => b.Dispose());

    NativeBlock Reserve<T>(int count) where T : unmanaged
    {
        NativeBuffer buffer = new();
        _buffers.Add(buffer);
        return buffer.Reserve<T>(count);
    }
}
