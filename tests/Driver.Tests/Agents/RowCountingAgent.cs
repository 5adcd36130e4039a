using Apache.Arrow;
using MetaSpore.Spark.Driver.Agents;

namespace MetaSpore.Spark.Driver.Tests.Agents;

/// <summary>Counts rows on every worker and lets the coordinator write the sum to a file: run by the program as a user's agent.</summary>
public sealed class RowCountingAgent : Agent
{
    long _rows;

    /// <summary>The rows.</summary>
    public string Path { get; set; } = "";

    /// <summary>Where the sum goes.</summary>
    public string Output { get; set; } = "";

    /// <summary>Rows of a batch.</summary>
    public int BatchSize { get; set; } = 10;

    /// <summary>A worker that fails on purpose; −1: none.</summary>
    public int FailingWorker { get; set; } = -1;

    protected override async Task FeedAsync(CancellationToken cancellationToken)
    {
        await FeedTrainingDatasetAsync(LoadDataset(Path), BatchSize, 2, cancellationToken);
        AgentMessage[] counts = await BroadcastRequestAsync(AgentGroup.Workers, new AgentMessage("count"), cancellationToken);
        await File.WriteAllTextAsync(Output, string.Join('+', counts.Select(count => count.Body)), cancellationToken);
    }

    protected internal override Task TrainMinibatchAsync(RecordBatch rows, CancellationToken cancellationToken)
    {
        if (Rank == FailingWorker) throw new InvalidDataException("as asked");
        _rows += rows.Length;
        return Task.CompletedTask;
    }

    protected internal override Task<AgentMessage> HandleRequestAsync(AgentAddress sender, AgentMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(new AgentMessage("rows", $"{_rows}"));
}
