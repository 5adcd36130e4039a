using System.Buffers;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Tests.Conformance;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

/// <summary>Both sides of a stream over a layout with every kind of column, and an exchange with known values.</summary>
sealed class WireSample : IDisposable
{
    public const int Limit = 1 << 20;

    public static readonly ulong[] PushKeys = [9, 2, ulong.MaxValue, 7];
    public static readonly float[] PushRows = [.. Enumerable.Range(0, 12).Select(i => (i * 0.37f) - 2)];
    public static readonly ulong[] PullKeys = [300, 1, 70000];
    public static readonly float[] PullRows = [.. Enumerable.Range(0, 9).Select(i => (i * 1.01f) + 3)];
    public static readonly double[] DoubleRows = [0.1, -0.2];
    public static readonly float[] DenseGradient = [.. Enumerable.Range(0, 8).Select(i => i / 3f)];

    readonly Blocks _blocks = new();

    public WireSample(WireEncoding encoding)
    {
        Format = new ExchangeFormat(Layout(), 0, 1, encoding);
        Worker = new WorkerCodec(Format);
        Shard = new ShardCodec(Format, Limit);
    }

    public ExchangeFormat Format { get; }

    public WorkerCodec Worker { get; }

    public ShardCodec Shard { get; }

    public Blocks Blocks => _blocks;

    public static StoreLayout Layout(int dimension = 3, string name = "user", int tables = 2) => new()
    {
        RunId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        Tables = [.. new[] { Table(name, dimension, ElementType.Float32), Table("price", 1, ElementType.Float64) }.Take(tables)],
        DenseTensors =
        [
            new DenseTensorSpec { Name = "w", Shape = [4, 2], Updater = new SgdTensorUpdater() },
            new DenseTensorSpec { Name = "b", Shape = [2, 1], Updater = new SgdTensorUpdater(), ElementType = ElementType.Float64 },
        ],
    };

    /// <summary>Pushes to both tables and to "w", pulls rows of "user" and "b", with a marker.</summary>
    public StepExchange Exchange()
    {
        StepExchange exchange = new()
        {
            Step = new StepKey(Format.Layout.RunId, 3, 2, 0, 41),
            Fingerprint = 0x1122334455667788,
            RowCount = 64,
            SnapshotId = 5,
        };
        exchange.SparsePushes.Add(new SparsePush(0, _blocks.Of(PushKeys), _blocks.Of(PushRows)));
        exchange.SparsePushes.Add(new SparsePush(1, _blocks.Of<ulong>([5, 4]), _blocks.Of(DoubleRows)));
        exchange.SparsePulls.Add(new SparsePull(0, _blocks.Of(PullKeys), _blocks.Zeros<float>(9), true, true));
        exchange.DensePushes.Add(new DensePush(0, _blocks.Of(DenseGradient)));
        exchange.DensePulls.Add(new DensePull(0, _blocks.Zeros<float>(8)));
        exchange.DensePulls.Add(new DensePull(1, _blocks.Zeros<double>(2)));
        return exchange;
    }

    /// <summary>Pushes to both tables and pulls from both, with the same keys: in the same memory, or as copies.</summary>
    public StepExchange SharedKeysExchange(bool copies)
    {
        StepExchange exchange = new() { Step = new StepKey(Format.Layout.RunId, 3, 2, 0, 41), RowCount = 64 };
        NativeBlock pushed = _blocks.Of(PushKeys), pulled = _blocks.Of(PullKeys);
        exchange.SparsePushes.Add(new SparsePush(0, pushed, _blocks.Of(PushRows)));
        exchange.SparsePushes.Add(new SparsePush(1, copies ? _blocks.Of(PushKeys) : pushed, _blocks.Of<double>([1, 2, 3, 4])));
        exchange.SparsePulls.Add(new SparsePull(0, pulled, _blocks.Zeros<float>(9), false, false));
        exchange.SparsePulls.Add(new SparsePull(1, copies ? _blocks.Of(PullKeys) : pulled, _blocks.Zeros<double>(3), false, false));
        return exchange;
    }

    public static byte[] Bytes(WireMessage message)
    {
        ArrayBufferWriter<byte> writer = new();
        message.Content!.Write(writer);
        if (writer.WrittenCount != message.Content.ByteLength)
            throw new InvalidOperationException($"{writer.WrittenCount} bytes written, {message.Content.ByteLength} announced");
        return writer.WrittenSpan.ToArray();
    }

    public byte[] Request(StepExchange exchange) => Bytes(Worker.Encode(exchange));

    /// <summary>What the shard answers when every pulled row has the values of <see cref="PullRows"/>.</summary>
    public byte[] Answer(byte[] request)
    {
        using WireMessage message = Received(request);
        Fill(Shard.Decode(message));
        return Bytes(Shard.Encode(stopStep: 77));
    }

    public static WireMessage Received(byte[] bytes) => WireMessage.Of(new ReadOnlySequence<byte>(bytes));

    public void Dispose()
    {
        Worker.Dispose();
        Shard.Dispose();
        _blocks.Dispose();
    }

    static void Fill(StepExchange exchange)
    {
        foreach (SparsePull pull in exchange.SparsePulls)
        {
            // Row of key k: the row of PullRows that belongs to it, wherever the key lies in the request.
            Span<ulong> keys = pull.Keys.AsSpan<ulong>();
            Span<float> rows = pull.Rows.AsSpan<float>();
            for (int i = 0; i < keys.Length; i++) PullRows.AsSpan(Array.IndexOf(PullKeys, keys[i]) * 3, 3).CopyTo(rows[(i * 3)..]);
        }

        foreach (DensePull pull in exchange.DensePulls)
        {
            if (pull.Tensor == 0) DenseGradient.CopyTo(pull.Values.AsSpan<float>());
            else DoubleRows.CopyTo(pull.Values.AsSpan<double>());
        }
    }

    static SparseTableSpec Table(string name, int dimension, ElementType type) => new()
    {
        Name = name,
        Dimension = dimension,
        Updater = new SgdTensorUpdater(),
        Initializer = new ZeroTensorInitializer(),
        ElementType = type,
    };
}
