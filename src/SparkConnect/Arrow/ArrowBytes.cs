using Apache.Arrow;
using Apache.Arrow.Ipc;
using Google.Protobuf;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Record batches to and from the Arrow IPC streams inside of messages.</summary>
static class ArrowBytes
{
    /// <summary>The batches of one stream; they share its memory.</summary>
    public static IEnumerable<RecordBatch> Read(ByteString stream)
    {
        using ArrowStreamReader reader = new(stream.Memory);
        while (reader.ReadNextRecordBatch() is { } batch) yield return batch;
    }

    /// <summary>One stream with all batches.</summary>
    public static ByteString Write(Schema schema, IEnumerable<RecordBatch> batches)
    {
        using MemoryStream bytes = new();
        using (ArrowStreamWriter writer = new(bytes, schema, leaveOpen: true))
        {
            writer.WriteStart();
            foreach (RecordBatch batch in batches) writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        return ByteString.CopyFrom(bytes.GetBuffer(), 0, checked((int)bytes.Length));
    }
}
