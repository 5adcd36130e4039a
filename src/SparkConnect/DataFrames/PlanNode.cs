using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>
/// A relation with the local rows that the server must have before it can plan it. Immutable: the relation is shared by all plans
/// above it and never changed after it was made.
/// </summary>
sealed record PlanNode(Relation Relation, IReadOnlyList<LocalBlock> Blocks)
{
    static long s_lastId;

    /// <summary>Number of the relation in this process, which its columns name.</summary>
    public long Id => Relation.Common.PlanId;

    /// <summary>A relation over inputs.</summary>
    public static PlanNode Of(Relation relation, params ReadOnlySpan<PlanNode> inputs)
    {
        relation.Common = new RelationCommon { PlanId = Interlocked.Increment(ref s_lastId) };
        List<LocalBlock> blocks = [];
        foreach (PlanNode input in inputs) blocks.AddRange(input.Blocks);
        return new PlanNode(relation, blocks);
    }

    /// <summary>The plan that yields the rows.</summary>
    public Plan Plan() => new() { Root = Relation };
}
