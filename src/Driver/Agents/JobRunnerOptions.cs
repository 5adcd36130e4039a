using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>How an agent is run.</summary>
sealed record JobRunnerOptions
{
    /// <summary>Number of workers (W), at least 1.</summary>
    public int WorkerCount { get; init; } = 1;

    /// <summary>Number of shards (S), at least 1.</summary>
    public int ServerCount { get; init; } = 1;

    /// <summary>Name of the job, unique among those that run in the process.</summary>
    public string JobName { get; init; } = "job";

    /// <summary>Options of the agent, each <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];

    /// <summary>Throws when a count is out of range.</summary>
    public void Check()
    {
        List<string> problems = [];
        if (WorkerCount is < 1 or > 1024) problems.Add($"worker count is {WorkerCount}; expected 1 to 1024");
        if (ServerCount is < 1 or > 1024) problems.Add($"server count is {ServerCount}; expected 1 to 1024");
        if (string.IsNullOrWhiteSpace(JobName)) problems.Add("the job's name is empty");
        if (problems.Count > 0) throw new BadInputException(problems);
    }
}
