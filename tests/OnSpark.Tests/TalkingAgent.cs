using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.OnSpark.Tests;

/// <summary>What a <see cref="TalkingAgent"/> does.</summary>
/// <param name="Output">File for what the coordinator has seen.</param>
/// <param name="FailingWorker">A worker that fails when it starts; −1: none.</param>
public sealed record TalkingAgentOptions(string Output, int FailingWorker = -1);

/// <summary>
/// Workers meet and tell the coordinator that they start; in the first epoch their first step waits until the coordinator has asked
/// them something. Their step learns nothing.
/// </summary>
public sealed class TalkingAgent(TalkingAgentOptions options) : TorchAgent
{
    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    readonly TaskCompletionSource _allAreThere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _starts;
    int _steps;

    protected override async Task FeedAsync(CancellationToken cancellationToken)
    {
        Task training = base.FeedAsync(cancellationToken);
        await Task.WhenAny(_allAreThere.Task, training);
        if (training.IsFaulted) await training;
        AgentMessage[] answers = await BroadcastRequestAsync(AgentGroup.Workers, new AgentMessage("ask"), cancellationToken);
        AgentException error = await ExpectAsync<AgentException>(SendRequestAsync(AgentAddress.Worker(1), new AgentMessage("unknown"), cancellationToken));
        await BroadcastRequestAsync(AgentGroup.Workers, new AgentMessage("go on"), cancellationToken);
        await training;
        await File.WriteAllLinesAsync(
            options.Output, [.. answers.Select(answer => answer.Body), error.Message, $"{_starts} starts", $"{Metric.InstanceCount} rows"], cancellationToken);
    }

    protected internal override async Task WorkerStartAsync(CancellationToken cancellationToken)
    {
        if (Rank == options.FailingWorker) throw new InvalidDataException("as asked");
        await BarrierAsync(cancellationToken);
        AgentMessage answer = await SendRequestAsync(AgentAddress.Coordinator, new AgentMessage("start"), cancellationToken);
        if (answer.Body == "at once") _asked.TrySetResult();
    }

    protected internal override Task WorkerStopAsync(CancellationToken cancellationToken) => PushMetricAsync(cancellationToken);

    protected internal override Task<AgentMessage> HandleRequestAsync(AgentAddress sender, AgentMessage request, CancellationToken cancellationToken)
    {
        switch (request.Command)
        {
            case "start":
                if (++_starts == WorkerCount) _allAreThere.SetResult();
                return Task.FromResult(new AgentMessage("ok", _starts <= WorkerCount ? "when asked" : "at once"));
            case "ask":
                return Task.FromResult(new AgentMessage("answer", $"worker {Rank} of {JobName.Split('.')[^1].Split(' ')[0]} at step {Volatile.Read(ref _steps)}"));
            case "go on":
                _asked.TrySetResult();
                return Task.FromResult(request);
            default:
                throw new NotSupportedException($"no {request.Command}");
        }
    }

    protected internal override (Tensor Predictions, Tensor? Loss) TrainMinibatch(SparseModel model, Minibatch minibatch, LossFunction loss)
    {
        if (!_asked.Task.Wait(s_limit)) throw new TimeoutException("the coordinator did not ask");
        Volatile.Write(ref _steps, _steps + 1);
        (Tensor predictions, Tensor? value) = base.TrainMinibatch(model, minibatch, loss);
        Metric.Accumulate(new float[minibatch.BatchSize], new float[minibatch.BatchSize], 0);
        return (predictions, value! * 0f);
    }

    static async Task<T> ExpectAsync<T>(Task task) where T : Exception
    {
        try
        {
            await task;
        }
        catch (T error)
        {
            return error;
        }

        throw new InvalidOperationException($"there was no {typeof(T).Name}");
    }
}
