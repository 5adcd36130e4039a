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
    /// <param name="batches">Batches of one schema; may be none when <paramref name="schema"/> is given.</param>
    /// <param name="schema">Types and names that the columns get, by position; null to take the batches' own.</param>
    public DataFrame CreateDataFrame(IEnumerable<RecordBatch> batches, StructType? schema = null)
    {
        List<RecordBatch> all = [.. batches];
        if (all.Count == 0 && schema is null) throw new ArgumentException("Without a batch the schema must be given.", nameof(batches));
        LocalRelation local = new();
        if (all.Count > 0) local.Data = ArrowBytes.Write(all[0].Schema, all);
        if (schema is not null) local.Schema = schema.ToDdl();
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
        return CreateDataFrame([batch]);
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
