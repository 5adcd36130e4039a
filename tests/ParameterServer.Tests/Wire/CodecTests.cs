using System.Buffers.Binary;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

public sealed class CodecTests
{
    const WireEncoding Both = WireEncoding.BFloat16 | WireEncoding.DeltaKeys;

    public static TheoryData<WireEncoding> Encodings => [WireEncoding.Plain, WireEncoding.BFloat16, WireEncoding.DeltaKeys, Both];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void RoundTrip_WholeExchange_ArrivesAsItWasSent(WireEncoding encoding)
    {
        using WireSample sample = new(encoding);
        Func<float, float> rounded = encoding.HasFlag(WireEncoding.BFloat16) ? BFloat16Tests.Nearest : value => value;
        for (int round = 0; round < 3; round++)
        {
            StepExchange sent = sample.Exchange();
            byte[] request = sample.Request(sent);
            using WireMessage message = WireSample.Received(request);
            StepExchange got = sample.Shard.Decode(message);

            Assert.Equal(sent.Step, got.Step);
            Assert.Equal((sent.Fingerprint, sent.RowCount, sent.EndOfPartition, sent.SnapshotId), (got.Fingerprint, got.RowCount, got.EndOfPartition, got.SnapshotId));
            Dictionary<ulong, float[]> rows = ByKey(got.SparsePushes[0].Keys, got.SparsePushes[0].Gradients, 3);
            for (int i = 0; i < WireSample.PushKeys.Length; i++)
                Assert.Equal(WireSample.PushRows[(3 * i)..((3 * i) + 3)].Select(rounded), rows[WireSample.PushKeys[i]]);
            Assert.Equal((true, true), (got.SparsePulls[0].ReadOnly, got.SparsePulls[0].NanFill));
            Assert.Equal(WireSample.DenseGradient, got.DensePushes[0].Gradient.AsSpan<float>().ToArray());
            Assert.Equal([0, 1], got.DensePulls.Select(p => p.Tensor));

            using WireMessage answer = WireSample.Received(sample.Answer(request));
            Assert.Equal(77, sample.Worker.Decode(answer, sent));
            Assert.Equal(WireSample.PullRows.Select(rounded), sent.SparsePulls[0].Rows.AsSpan<float>().ToArray());
            Assert.Equal(WireSample.DenseGradient.Select(rounded), sent.DensePulls[0].Values.AsSpan<float>().ToArray());
            Assert.Equal(WireSample.DoubleRows, sent.DensePulls[1].Values.AsSpan<double>().ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void RoundTrip_KeysInTheSameMemory_ArriveForEachTable(WireEncoding encoding)
    {
        using WireSample sample = new(encoding), apart = new(encoding);
        StepExchange sent = sample.SharedKeysExchange(copies: false), copied = apart.SharedKeysExchange(copies: true);
        using WireMessage message = WireSample.Received(sample.Request(sent)), other = WireSample.Received(apart.Request(copied));

        StepExchange got = sample.Shard.Decode(message), expected = apart.Shard.Decode(other);

        for (int table = 0; table < 2; table++)
        {
            Assert.Equal(expected.SparsePushes[table].Keys.AsSpan<ulong>().ToArray(), got.SparsePushes[table].Keys.AsSpan<ulong>().ToArray());
            Assert.Equal(expected.SparsePushes[table].Gradients.AsSpan<byte>().ToArray(), got.SparsePushes[table].Gradients.AsSpan<byte>().ToArray());
            Assert.Equal(expected.SparsePulls[table].Keys.AsSpan<ulong>().ToArray(), got.SparsePulls[table].Keys.AsSpan<ulong>().ToArray());
        }

        // The row of a key is the key itself: each table's rows come back in the order of its own request.
        for (int i = 0; i < 3; i++)
        {
            got.SparsePulls[0].Rows.AsSpan<float>().Slice(3 * i, 3).Fill(got.SparsePulls[0].Keys.AsSpan<ulong>()[i] % 128);
            got.SparsePulls[1].Rows.AsSpan<double>()[i] = got.SparsePulls[1].Keys.AsSpan<ulong>()[i];
        }

        using WireMessage answer = WireSample.Received(WireSample.Bytes(sample.Shard.Encode(-1)));
        sample.Worker.Decode(answer, sent);
        Assert.Equal(WireSample.PullKeys.SelectMany(key => Enumerable.Repeat((float)(key % 128), 3)), sent.SparsePulls[0].Rows.AsSpan<float>().ToArray());
        Assert.Equal(WireSample.PullKeys.Select(key => (double)key), sent.SparsePulls[1].Rows.AsSpan<double>().ToArray());
    }

    [Fact]
    public void Decode_RowsOverOtherRows_AreRefused()
    {
        using WireSample sample = new(WireEncoding.Plain);
        BatchEncoder encoder = new(sample.Format.Request, WireHeader.RequestLength(sample.Format.Layout));
        encoder.Clear();
        encoder.Set(1, sample.Blocks.Zeros<float>(300));
        encoder.Share(sample.Format.DensePushColumn(0), source: 1);
        encoder.Share(sample.Format.DensePushColumn(1), source: 1);
        WireHeader.WriteRequest(encoder.Header, sample.Exchange(), sample.Format.Layout, encoder.HasSchema);
        encoder.Complete();
        using WireMessage message = WireSample.Received(WireSample.Bytes(new WireMessage { Content = encoder }));

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Equal("column 'push_dense/w' of the record batch is damaged: its values overlap another column's", error.Message);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void RoundTrip_EmptyEnd_ArrivesAsItWasSent(WireEncoding encoding)
    {
        using WireSample sample = new(encoding);
        StepExchange end = new() { Step = new StepKey(sample.Format.Layout.RunId, 1, 0, 3, -1), EndOfPartition = true };
        byte[] request = sample.Request(end);
        using WireMessage message = WireSample.Received(request);

        StepExchange got = sample.Shard.Decode(message);

        Assert.True(got.EndOfPartition);
        Assert.Equal(end.Step, got.Step);
        Assert.Empty(got.SparsePushes);
        Assert.Empty(got.SparsePulls);
        using WireMessage answer = WireSample.Received(WireSample.Bytes(sample.Shard.Encode(-1)));
        Assert.Equal(-1, sample.Worker.Decode(answer, end));
    }

    [Theory]
    [InlineData(4, "user", 2, WireEncoding.Plain, "column 1 is 'push_rows/user' of list<fixed_size_list<float>[4]>, expected 'push_rows/user' of list<fixed_size_list<float>[3]>")]
    [InlineData(3, "item", 2, WireEncoding.Plain, "column 0 is 'push_keys/item' of list<uint64>, expected 'push_keys/user' of list<uint64>")]
    [InlineData(3, "user", 2, WireEncoding.BFloat16, "column 1 is 'push_rows/user' of list<fixed_size_binary[6]>, expected")]
    [InlineData(3, "user", 2, WireEncoding.DeltaKeys, "column 0 is 'push_keys/user' of list<uint8>, expected 'push_keys/user' of list<uint64>")]
    public void Decode_OtherTablesOrEncoding_IsRefused(int dimension, string name, int tables, WireEncoding encoding, string expected)
    {
        using WireSample sample = new(WireEncoding.Plain);
        using WorkerCodec other = new(new ExchangeFormat(WireSample.Layout(dimension, name, tables), 0, 1, encoding));
        using WireMessage message = WireSample.Received(WireSample.Bytes(other.Encode(new StepExchange())));

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Contains("the peer sends other columns: " + expected, error.Message);
        Assert.Contains("both sides need the same tables, dimensions and encoding", error.Message);
    }

    [Fact]
    public void Decode_SchemaOfAnotherWriter_IsAccepted()
    {
        using WireSample sample = new(WireEncoding.Plain);
        byte[] request = sample.Request(sample.Exchange());
        int length = sample.Format.Request.Message.Length;
        Schema renamed = new(sample.Format.Request.Arrow.FieldsList, [new("writer", "another")]);
        using MemoryStream stream = new();
        using (ArrowStreamWriter writer = new(stream, renamed, leaveOpen: true)) writer.WriteStart();
        using WireMessage message = WireSample.Received([.. request[..72], .. stream.ToArray(), .. request[(72 + length)..]]);

        StepExchange got = sample.Shard.Decode(message);

        Assert.Equal(WireSample.PushKeys, got.SparsePushes[0].Keys.AsSpan<ulong>().ToArray());
    }

    [Fact]
    public void Decode_OtherNumberOfTables_IsRefused()
    {
        StoreLayout many = WireSample.Layout() with { Tables = [.. Enumerable.Range(0, 9).Select(i => WireSample.Layout().Tables[0] with { Name = $"t{i}" })] };
        using WireSample sample = new(WireEncoding.Plain);
        using WorkerCodec other = new(new ExchangeFormat(many, 0, 1, WireEncoding.Plain));
        using WireMessage message = WireSample.Received(WireSample.Bytes(other.Encode(new StepExchange())));

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Equal("the request's header names 80 bytes; for this layout it takes 72", error.Message);
    }

    [Fact]
    public void Decode_FirstMessageWithoutSchema_IsRefused()
    {
        using WireSample sample = new(WireEncoding.Plain), later = new(WireEncoding.Plain);
        later.Request(later.Exchange());
        using WireMessage message = WireSample.Received(later.Request(later.Exchange()));

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Equal("the first request of the stream carries no schema", error.Message);
    }

    [Theory]
    [InlineData(0, "the request has 0 bytes; its header takes 72")]
    [InlineData(71, "the request has 71 bytes; its header takes 72")]
    [InlineData(72, "an Arrow message of 0 bytes; expected at least 8")]
    [InlineData(-1, "the record batch names a body of")]
    public void Decode_Truncated_IsRefused(int length, string expected)
    {
        using WireSample sample = new(WireEncoding.Plain);
        byte[] request = sample.Request(sample.Exchange());
        using WireMessage message = WireSample.Received(request[..(length < 0 ? request.Length + length : length)]);

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData(0, 0xFF, "the message begins with")]
    [InlineData(6, 0x80, "the request has unknown flags 0081")]
    [InlineData(63, 0x80, "the request names snapshot")]
    [InlineData(72, 0x01, "the Arrow message does not begin with the continuation marker")]
    public void Decode_BitFlipped_IsRefused(int at, byte mask, string expected)
    {
        using WireSample sample = new(WireEncoding.Plain);
        byte[] request = sample.Request(sample.Exchange());
        request[at] ^= mask;
        using WireMessage message = WireSample.Received(request);

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Decode_AppendedBytes_AreRefused()
    {
        using WireSample sample = new(WireEncoding.Plain);
        using WireMessage message = WireSample.Received([.. sample.Request(sample.Exchange()), .. new byte[64]]);

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Contains("the record batch names a body of", error.Message);
    }

    [Fact]
    public void Decode_AnswerTooLarge_IsRefusedBeforeMemoryIsTaken()
    {
        using WireSample sample = new(WireEncoding.DeltaKeys);
        StepExchange exchange = new() { Step = new StepKey(default, 1, 0, 0, -1) };
        ulong[] keys = [.. Enumerable.Range(1, 100_000).Select(i => (ulong)i)];
        exchange.SparsePulls.Add(new SparsePull(0, sample.Blocks.Of(keys), default, false, false));
        using WireMessage message = WireSample.Received(sample.Request(exchange));

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Shard.Decode(message));

        Assert.Equal("the request asks for 1200000 bytes of rows; the limit of a message is 1048576: use smaller batches, or raise the limit", error.Message);
    }

    [Fact]
    public void Decode_AnswerToAnotherStep_IsRefused()
    {
        using WireSample sample = new(WireEncoding.Plain);
        StepExchange exchange = sample.Exchange();
        byte[] answer = sample.Answer(sample.Request(exchange));
        BinaryPrimitives.WriteInt64LittleEndian(answer.AsSpan(8), 40);
        using WireMessage message = WireSample.Received(answer);

        BadInputException error = Assert.Throws<BadInputException>(() => sample.Worker.Decode(message, exchange));

        Assert.Equal("the answer is for step 40; expected step 41", error.Message);
    }

    static Dictionary<ulong, float[]> ByKey(NativeBlock keys, NativeBlock rows, int dimension)
    {
        float[] values = rows.AsSpan<float>().ToArray();
        return keys.AsSpan<ulong>().ToArray().Select((key, i) => (key, values[(i * dimension)..((i + 1) * dimension)])).ToDictionary();
    }
}
