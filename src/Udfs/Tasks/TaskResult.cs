using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>The one row that a task answers with, where its result is not a table: its partition, and bytes that its command explains.</summary>
public static class TaskResult
{
    /// <summary>The rows' schema, as Spark writes it.</summary>
    public const string SparkSchema = "partition INT, content BINARY";

    /// <summary>The row.</summary>
    public static RecordBatch Of(int partition, ReadOnlySpan<byte> content)
    {
        Int32Array partitions = new Int32Array.Builder().Append(partition).Build();
        BinaryArray contents = new BinaryArray.Builder().Append(content).Build();
        Schema schema = new([new Field("partition", Int32Type.Default, true), new Field("content", BinaryType.Default, true)], null);
        return new RecordBatch(schema, [partitions, contents], 1);
    }

    /// <summary>The row with plain data.</summary>
    public static RecordBatch OfData<T>(int partition, T content) where T : class =>
        Of(partition, JsonSerializer.SerializeToUtf8Bytes(content, SpecJson.Options));

    /// <summary>The rows of a job's answer.</summary>
    /// <exception cref="BadInputException">The batch has another form.</exception>
    public static IEnumerable<(int Partition, byte[] Content)> Read(RecordBatch rows)
    {
        if (rows.ColumnCount != 2 || rows.Column(0) is not Int32Array partitions || rows.Column(1) is not BinaryArray contents)
            throw new BadInputException("A task's answer has another form than expected; driver and executors need the same build.");
        for (int i = 0; i < rows.Length; i++) yield return (partitions.GetValue(i)!.Value, contents.GetBytes(i).ToArray());
    }

    /// <summary>Reads plain data.</summary>
    /// <exception cref="BadInputException">The bytes are something else.</exception>
    public static T ReadData<T>(ReadOnlySpan<byte> content) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(content, SpecJson.Options) ?? throw new BadInputException("A task's answer is empty.");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"A task's answer can't be read: {error.Message} Driver and executors need the same build.", error);
        }
    }
}
