using Apache.Arrow;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.EndToEnd.Tests;

public sealed record SpoiledBatchesOptions(int IntactBatches);

/// <summary>After so many batches of a worker, every row is of a user that was not there before, and its label is the wrong one.</summary>
public sealed class SpoiledBatches(SpoiledBatchesOptions options) : MinibatchPreprocessor
{
    int _batches;

    public override RecordBatch Process(RecordBatch minibatch)
    {
        if (++_batches <= options.IntactBatches) return minibatch;
        RecordBatch copy = minibatch.Clone();
        return new RecordBatch(copy.Schema, copy.Schema.FieldsList.Select((field, i) => field.Name switch
        {
            "user" => new StringArray.Builder().AppendRange(Enumerable.Range(0, copy.Length).Select(row => $"late{row}")).Build(),
            "clicked" => new FloatArray.Builder().AppendRange(((FloatArray)copy.Column(i)).Values.ToArray().Select(label => 1 - label)).Build(),
            _ => copy.Column(i),
        }), copy.Length);
    }
}
