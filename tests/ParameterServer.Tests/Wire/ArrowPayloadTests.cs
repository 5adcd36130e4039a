using System.Buffers.Binary;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Ipc;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

/// <summary>Messages as another implementation of Arrow reads them.</summary>
public sealed class ArrowPayloadTests
{
    // 64 bytes, 2 tables and 2 tensors, padded to 8.
    const int RequestHeader = 72;
    const int AnswerHeader = 24;

    [Fact]
    public void Request_Plain_IsReadByArrow()
    {
        using WireSample sample = new(WireEncoding.Plain);
        byte[] message = sample.Request(sample.Exchange());

        using RecordBatch batch = Read(message, RequestHeader);

        Assert.Equal(
            ["push_keys/user", "push_rows/user", "pull_keys/user", "push_keys/price", "push_rows/price", "pull_keys/price", "push_dense/w", "push_dense/b"],
            batch.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(WireSample.PushKeys, Items<UInt64Array>(batch, "push_keys/user").Values.ToArray());
        FixedSizeListArray rows = Items<FixedSizeListArray>(batch, "push_rows/user");
        Assert.Equal(4, rows.Length);
        Assert.Equal(WireSample.PushRows, ((FloatArray)rows.Values).Values.ToArray());
        Assert.Equal(WireSample.PullKeys, Items<UInt64Array>(batch, "pull_keys/user").Values.ToArray());
        Assert.Equal(WireSample.DoubleRows, Items<DoubleArray>(batch, "push_rows/price").Values.ToArray());
        Assert.Equal(WireSample.DenseGradient, Items<FloatArray>(batch, "push_dense/w").Values.ToArray());
        Assert.Equal(0, Items<DoubleArray>(batch, "push_dense/b").Length);
        Assert.Equal(0, Items<UInt64Array>(batch, "pull_keys/price").Length);
    }

    [Fact]
    public void Request_Header_HasTheDocumentedBytes()
    {
        using WireSample sample = new(WireEncoding.Plain);
        byte[] m = sample.Request(sample.Exchange());

        Assert.Equal("MSX1"u8.ToArray(), m[..4]);
        Assert.Equal(RequestHeader, BinaryPrimitives.ReadUInt16LittleEndian(m.AsSpan(4)));
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(m.AsSpan(6)));
        Assert.Equal(new Guid("00112233-4455-6677-8899-aabbccddeeff").ToByteArray(), m[8..24]);
        Assert.Equal([3, 2, 0, 64], Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadInt32LittleEndian(m.AsSpan(24 + (4 * i)))));
        Assert.Equal(41, BinaryPrimitives.ReadInt64LittleEndian(m.AsSpan(40)));
        Assert.Equal(0x1122334455667788ul, BinaryPrimitives.ReadUInt64LittleEndian(m.AsSpan(48)));
        Assert.Equal(5, BinaryPrimitives.ReadInt64LittleEndian(m.AsSpan(56)));
        Assert.Equal([3, 0, 1, 1, 0, 0, 0, 0], m[64..72]);
    }

    [Fact]
    public void Request_BFloat16_HalvesSparseRowsOnly()
    {
        using WireSample sample = new(WireEncoding.BFloat16);
        byte[] message = sample.Request(sample.Exchange());

        using RecordBatch batch = Read(message, RequestHeader);

        FixedSizeBinaryArray rows = Items<FixedSizeBinaryArray>(batch, "push_rows/user");
        Assert.Equal(4, rows.Length);
        Assert.Equal(WireSample.PushRows.Select(BFloat16Tests.Nearest), Halves(rows));
        Assert.Equal(WireSample.DoubleRows, Items<DoubleArray>(batch, "push_rows/price").Values.ToArray());
        Assert.Equal(WireSample.DenseGradient, Items<FloatArray>(batch, "push_dense/w").Values.ToArray());
    }

    [Fact]
    public void Request_DeltaKeys_AreSortedDifferencesWithTheirRows()
    {
        using WireSample sample = new(WireEncoding.DeltaKeys);
        byte[] message = sample.Request(sample.Exchange());

        using RecordBatch batch = Read(message, RequestHeader);

        byte[] pull = Items<UInt8Array>(batch, "pull_keys/user").Values.ToArray();
        Assert.Equal([3, 1, 0, 0, 43, 1, 0, 68, 16, 1], pull);
        byte[] push = Items<UInt8Array>(batch, "push_keys/user").Values.ToArray();
        Assert.Equal(1 + (4 * 8), push.Length);
        Assert.Equal([8, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0], push[..11]);
        float[] rows = ((FloatArray)Items<FixedSizeListArray>(batch, "push_rows/user").Values).Values.ToArray();
        Assert.Equal([.. WireSample.PushRows[3..6], .. WireSample.PushRows[9..12], .. WireSample.PushRows[..3], .. WireSample.PushRows[6..9]], rows);
    }

    [Theory]
    [InlineData(WireEncoding.Plain)]
    [InlineData(WireEncoding.BFloat16)]
    [InlineData(WireEncoding.BFloat16 | WireEncoding.DeltaKeys)]
    public void Answer_AnyEncoding_IsReadByArrow(WireEncoding encoding)
    {
        using WireSample sample = new(encoding);
        byte[] message = sample.Answer(sample.Request(sample.Exchange()));

        using RecordBatch batch = Read(message, AnswerHeader);

        Assert.Equal("MSR1"u8.ToArray(), message[..4]);
        Assert.Equal(41, BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(8)));
        Assert.Equal(77, BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(16)));
        Assert.Equal(["pull_rows/user", "pull_rows/price", "pull_dense/w", "pull_dense/b"], batch.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(WireSample.DoubleRows, Items<DoubleArray>(batch, "pull_dense/b").Values.ToArray());
        float[] expected = encoding.HasFlag(WireEncoding.DeltaKeys)
            ? [.. WireSample.PullRows[3..6], .. WireSample.PullRows[..3], .. WireSample.PullRows[6..]]
            : WireSample.PullRows;
        if (encoding == WireEncoding.Plain)
        {
            Assert.Equal(expected, ((FloatArray)Items<FixedSizeListArray>(batch, "pull_rows/user").Values).Values.ToArray());
            Assert.Equal(WireSample.DenseGradient, Items<FloatArray>(batch, "pull_dense/w").Values.ToArray());
        }
        else
        {
            Assert.Equal(expected.Select(BFloat16Tests.Nearest), Halves(Items<FixedSizeBinaryArray>(batch, "pull_rows/user")));
            Assert.Equal(WireSample.DenseGradient.Select(BFloat16Tests.Nearest), Halves(Items<FixedSizeBinaryArray>(batch, "pull_dense/w")));
        }
    }

    [Fact]
    public void Request_Second_CarriesNoSchemaAndIsReadAfterTheFirst()
    {
        using WireSample sample = new(WireEncoding.Plain);
        byte[] first = sample.Request(sample.Exchange()), second = sample.Request(sample.Exchange());

        using ArrowStreamReader reader = new(new MemoryStream([.. first[RequestHeader..], .. second[RequestHeader..]]));
        using RecordBatch one = reader.ReadNextRecordBatch(), two = reader.ReadNextRecordBatch();

        Assert.Equal(0, BinaryPrimitives.ReadUInt16LittleEndian(second.AsSpan(6)));
        Assert.Equal(WireSample.PushKeys, Items<UInt64Array>(two, "push_keys/user").Values.ToArray());
        Assert.Null(reader.ReadNextRecordBatch());
    }

    [Theory]
    [InlineData(WireEncoding.Plain)]
    [InlineData(WireEncoding.DeltaKeys)]
    public void Request_KeysInTheSameMemory_TravelOnce(WireEncoding encoding)
    {
        using WireSample sample = new(encoding), apart = new(encoding);
        byte[] message = sample.Request(sample.SharedKeysExchange(copies: false)), copied = apart.Request(apart.SharedKeysExchange(copies: true));

        using RecordBatch batch = Read(message, RequestHeader), expected = Read(copied, RequestHeader);

        Assert.Equal(copied.Length - (2 * 64), message.Length);
        foreach (string column in (string[])["push_keys/user", "push_keys/price", "pull_keys/user", "pull_keys/price"])
        {
            if (encoding == WireEncoding.Plain) Assert.Equal(Items<UInt64Array>(expected, column).Values.ToArray(), Items<UInt64Array>(batch, column).Values.ToArray());
            else Assert.Equal(Items<UInt8Array>(expected, column).Values.ToArray(), Items<UInt8Array>(batch, column).Values.ToArray());
        }

        Assert.Equal(Items<DoubleArray>(expected, "push_rows/price").Values.ToArray(), Items<DoubleArray>(batch, "push_rows/price").Values.ToArray());
    }

    static RecordBatch Read(byte[] message, int header)
    {
        using ArrowStreamReader reader = new(new MemoryStream(message[header..]));
        RecordBatch batch = reader.ReadNextRecordBatch();
        Assert.Null(reader.ReadNextRecordBatch());
        Assert.Equal(1, batch.Length);
        return batch;
    }

    static T Items<T>(RecordBatch batch, string name) where T : class, IArrowArray
    {
        ListArray list = Assert.IsType<ListArray>(batch.Column(name));
        Assert.Equal(0, list.NullCount);
        return Assert.IsType<T>(list.GetSlicedValues(0));
    }

    static IEnumerable<float> Halves(FixedSizeBinaryArray array)
    {
        for (int i = 0; i < array.Length; i++)
        {
            byte[] bytes = array.GetBytes(i).ToArray();
            for (int j = 0; j < bytes.Length; j += 2)
                yield return BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(j)) << 16);
        }
    }
}
