namespace MetaSpore.Spark.SparkConnect;

/// <summary>What an explanation of a plan shows.</summary>
public enum ExplainMode
{
    /// <summary>The physical plan.</summary>
    Simple = 1,

    /// <summary>All plans, from the parsed one on.</summary>
    Extended = 2,

    /// <summary>The physical plan and the code that is generated for it.</summary>
    Codegen = 3,

    /// <summary>The logical plan with the planner's estimates.</summary>
    Cost = 4,

    /// <summary>An outline of the physical plan and its nodes' details.</summary>
    Formatted = 5,
}
