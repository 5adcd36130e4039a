using System.Security.Cryptography;
using Apache.Arrow;
using Google.Protobuf;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

public sealed partial class SparkSession
{
    // Larger rows are sent once, as an artifact, instead of with each plan.
    const int LargestInPlan = 1 << 20;

    /// <summary>Rows of this process as a DataFrame. They are copied; the caller keeps the batches.</summary>
    /// <param name="batches">Batches of one schema, one at least.</param>
    public DataFrame CreateDataFrame(IEnumerable<RecordBatch> batches)
    {
        List<RecordBatch> all = [.. batches];
        return all.Count > 0 ? Local(new LocalRelation { Data = ArrowBytes.Write(all[0].Schema, all) })
            : throw new ArgumentException("Without a batch the schema must be given.", nameof(batches));
    }

    /// <summary>Rows of this process as a DataFrame with a given schema. They are copied; the caller keeps the batches.</summary>
    /// <param name="batches">Batches of one schema; may be none.</param>
    /// <param name="schema">Types and names that the columns get, by position.</param>
    public DataFrame CreateDataFrame(IEnumerable<RecordBatch> batches, StructType schema)
    {
        List<RecordBatch> all = [.. batches];
        LocalRelation local = new() { Schema = schema.ToDdl() };
        if (all.Count > 0) local.Data = ArrowBytes.Write(all[0].Schema, all);
        return Local(local);
    }

    /// <summary>Records of this process as a DataFrame: a column for each public property, in the order of declaration, or one column <c>value</c> for plain values.</summary>
    /// <typeparam name="T">
    /// A record or class with properties, or a plain value. Numbers, texts, truth values, bytes, dates, <see cref="DateTimeOffset"/> (TIMESTAMP),
    /// <see cref="DateTime"/> (TIMESTAMP_NTZ, the clock's value as it is), decimals (38,18), nested records, and sequences of those. <c>byte</c> and other unsigned numbers take the next larger signed type.
    /// </typeparam>
    /// <exception cref="ArgumentException">A property's type has no column type; the message names it.</exception>
    public DataFrame CreateDataFrame<T>(IEnumerable<T> rows)
    {
        using RecordBatch batch = RecordColumns.Build(rows);
        return Local(new LocalRelation { Data = ArrowBytes.Write(batch.Schema, [batch]) });
    }

    DataFrame Local(LocalRelation local)
    {
        if (local.CalculateSize() <= LargestInPlan) return new DataFrame(this, PlanNode.Of(new Relation { LocalRelation = local }));
        ByteString bytes = local.ToByteString();
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        PlanNode node = PlanNode.Of(new Relation { CachedLocalRelation = new() { Hash = hash } });
        return new DataFrame(this, node with { Blocks = [new LocalBlock(hash, bytes)] });
    }
}
