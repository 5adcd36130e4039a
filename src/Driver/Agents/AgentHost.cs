namespace MetaSpore.Spark.Driver.Agents;

/// <summary>One agent with its thread and its place in the job.</summary>
sealed class AgentHost : IDisposable
{
    readonly Agent _agent;
    readonly AgentThread _thread;

    /// <summary>Starts the agent's thread; nothing of the agent runs yet.</summary>
    public AgentHost(AgentJob job, AgentAddress address, Agent agent)
    {
        Job = job;
        Address = address;
        _agent = agent;
        AgentRegistry.Add(job.Name, address, agent);
        _thread = new AgentThread($"{job.Name} {address}");
        agent.Attach(this);
    }

    /// <summary>The job.</summary>
    public AgentJob Job { get; }

    /// <summary>Role and rank.</summary>
    public AgentAddress Address { get; }

    /// <summary>Runs the coordinator's program.</summary>
    public Task RunProgramAsync() => OnThreadAsync(async () =>
    {
        await _agent.RunAsync(Job.Stopping);
        return true;
    });

    /// <summary>Sends a request to another agent.</summary>
    public async Task<AgentMessage> SendAsync(AgentAddress receiver, AgentMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Job.Require(receiver);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(Job.Stopping, cancellationToken);
        try
        {
            return await Job.Transport.RequestAsync(Address, receiver, request, timeout, either.Token);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{receiver} did not answer \"{request.Command}\" of {Address} within {timeout.TotalSeconds:0.###} s");
        }
    }

    /// <summary>Waits until every member of a group waits.</summary>
    public async Task MeetAsync(AgentGroup group, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(Job.Stopping, cancellationToken);
        await Job.Transport.MeetAsync(group, Address, timeout, either.Token);
    }

    /// <summary>Learns from or scores one batch, on the agent's thread.</summary>
    public Task ProcessAsync(string command, Apache.Arrow.RecordBatch rows) => OnThreadAsync(async () =>
    {
        using (rows)
        {
            if (command == AgentCommands.Train) await _agent.TrainMinibatchAsync(rows, Job.Stopping);
            else await _agent.ValidateMinibatchAsync(rows, Job.Stopping);
            return true;
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.Dispose();
        AgentRegistry.Remove(Job.Name, Address, _agent);
    }

    /// <summary>Answers a request, on the agent's thread.</summary>
    /// <exception cref="AgentException">The agent threw.</exception>
    public async Task<AgentMessage> HandleAsync(AgentAddress sender, AgentMessage request)
    {
        try
        {
            return await OnThreadAsync(() => AnswerAsync(sender, request));
        }
        catch (Exception e) when (e is not (AgentException or OperationCanceledException))
        {
            throw new AgentException(Address, request.Command, e);
        }
    }

    async Task<AgentMessage> AnswerAsync(AgentAddress sender, AgentMessage request)
    {
        switch (request.Command)
        {
            case AgentCommands.Start:
                await _agent.WorkerStartAsync(Job.Stopping);
                break;
            case AgentCommands.Stop:
                await _agent.WorkerStopAsync(Job.Stopping);
                break;
            case AgentCommands.PushMetric:
                _agent.MergeMetric(request.Payload.Span);
                break;
            default:
                return await _agent.HandleRequestAsync(sender, request, Job.Stopping);
        }

        return new AgentMessage(request.Command);
    }

    Task<T> OnThreadAsync<T>(Func<Task<T>> call) => _thread.RunAsync(() =>
    {
        AgentRegistry.Current = _agent;
        return call();
    });
}
