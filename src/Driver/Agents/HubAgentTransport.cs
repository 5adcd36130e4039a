using System.Collections.Concurrent;
using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Client;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>
/// One agent whose job's other agents are in other processes: requests and answers go through the messages that a shard keeps. A
/// request to an agent that does not run now waits there until its sender gives up. Meetings are requests to the coordinator.
/// </summary>
sealed class HubAgentTransport : IAgentTransport, IAsyncDisposable
{
    static readonly TimeSpan s_wait = TimeSpan.FromSeconds(30);
    static readonly TimeSpan s_retryDelay = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(3);
    static readonly TimeSpan s_answerTimeout = TimeSpan.FromMinutes(1);
    // Who waits at a barrier gets the text with the names of those who are missing, not that the coordinator is late with it.
    static readonly TimeSpan s_barrierGrace = TimeSpan.FromSeconds(10);

    readonly AgentJob _job;
    readonly AgentAddress _self;
    readonly IJobMailbox _mailbox;
    readonly string _name = Guid.NewGuid().ToString("N");
    readonly ConcurrentDictionary<string, TaskCompletionSource<AgentPacket>> _asked = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<Task, bool> _answering = new();
    readonly CancellationTokenSource _ending = new();
    Task _receiving = Task.CompletedTask;
    long _lastRequest;
    long _lastMessage;

    /// <summary>Creates the transport; <see cref="Start"/> begins to answer.</summary>
    /// <param name="job">The job, with the one agent.</param>
    /// <param name="self">The agent.</param>
    /// <param name="mailbox">The shard that keeps the messages.</param>
    public HubAgentTransport(AgentJob job, AgentAddress self, IJobMailbox mailbox)
    {
        _job = job;
        _self = self;
        _mailbox = mailbox;
    }

    /// <summary>Begins to take messages, once the agent is a part of the job.</summary>
    public void Start() => _receiving = Task.Run(ReceiveAsync);

    /// <inheritdoc/>
    public async Task<AgentMessage> RequestAsync(
        AgentAddress sender, AgentAddress receiver, AgentMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (receiver == _self) return await _job.Host(receiver).HandleAsync(sender, request).WaitAsync(timeout, cancellationToken);
        AgentPacket answer = await ExchangeAsync(receiver, request, timeout, cancellationToken);
        return answer.Failure is { } failure ? throw failure.ToException() : answer.Message;
    }

    /// <inheritdoc/>
    public async Task MeetAsync(AgentGroup group, AgentAddress member, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_self == AgentAddress.Coordinator)
        {
            await _job.Barrier(group).WaitAsync(member, timeout, cancellationToken);
            return;
        }

        string body = string.Create(CultureInfo.InvariantCulture, $"{group} {timeout.Ticks}");
        AgentPacket answer;
        try
        {
            answer = await ExchangeAsync(AgentAddress.Coordinator, new AgentMessage(AgentCommands.Meet, body), timeout + s_barrierGrace, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{member} waited {timeout.TotalSeconds:0.###} s at a barrier, and the coordinator did not say who is missing");
        }

        if (answer.Failure is { } failure) throw failure.ToException();
    }

    /// <inheritdoc/>
    public void TellShutdown()
    {
        AgentAddress[] others = _self == AgentAddress.Coordinator ? [.. _job.Members(AgentGroup.Workers)] : [AgentAddress.Coordinator];
        AgentPacket packet = new() { Id = NextId(), Sender = _self, Command = AgentCommands.Shutdown };
        foreach (AgentAddress other in others) Track(() => TrySendAsync(other, packet));
    }

    /// <summary>Ends what waits for answers, lets the agent finish what it answers, and leaves what has not been looked at to its successor.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_answering.Keys).WaitAsync(s_endTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_self != AgentAddress.Coordinator && _lastMessage > 0)
        {
            using CancellationTokenSource limit = new(s_endTimeout);
            Task taken = Task.Run(async () => await _mailbox.ReceiveAsync(_self.ToString(), _lastMessage, TimeSpan.Zero, limit.Token));
            await taken.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _ending.Dispose();
    }

    async Task<AgentPacket> ExchangeAsync(AgentAddress receiver, AgentMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            return await AskAsync(receiver, request, timeout, given.Token).WaitAsync(timeout, given.Token);
        }
        finally
        {
            await given.CancelAsync();
        }
    }

    async Task<AgentPacket> AskAsync(AgentAddress receiver, AgentMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var packet = new AgentPacket
        {
            Id = NextId(),
            Sender = _self,
            Command = request.Command,
            Body = request.Body,
            Payload = request.Payload,
            Timeout = timeout == Timeout.InfiniteTimeSpan ? null : timeout.TotalSeconds,
        };
        var answer = new TaskCompletionSource<AgentPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[packet.Id] = answer;
        try
        {
            await _mailbox.SendAsync(_self.ToString(), receiver.ToString(), packet.ToBytes(), timeout, cancellationToken);
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _asked.TryRemove(packet.Id, out _);
        }
    }

    async Task ReceiveAsync()
    {
        while (true)
        {
            try
            {
                foreach (JobMessage message in await _mailbox.ReceiveAsync(_self.ToString(), _lastMessage, s_wait, _ending.Token))
                {
                    Dispatch(message);
                    _lastMessage = message.Number;
                }
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whoever waits for an answer gets it; whether the shard is lost for good, others find out.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _job.Logger.LogDebug(error, "Messages of {Agent} could not be fetched", _self);
                foreach (TaskCompletionSource<AgentPacket> answer in _asked.Values) answer.TrySetException(error);
                await Task.Delay(s_retryDelay, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    void Dispatch(JobMessage message)
    {
        AgentPacket packet;
        try
        {
            packet = AgentPacket.FromBytes(message.Content);
        }
        catch (BadInputException error)
        {
            _job.Logger.LogWarning("A message of {Sender} to {Agent} is left out: {Reason}", message.Sender, _self, error.Message);
            return;
        }

        if (packet.IsAnswer)
        {
            if (_asked.TryGetValue(packet.Id, out TaskCompletionSource<AgentPacket>? answer)) answer.TrySetResult(packet);
        }
        else if (packet.Command == AgentCommands.Shutdown)
        {
            _job.Shutdown();
        }
        else
        {
            Track(() => AnswerAsync(packet));
        }
    }

    async Task AnswerAsync(AgentPacket request)
    {
        AgentPacket answer;
        try
        {
            answer = request.Answer(_self, await HandleAsync(request));
        }
#pragma warning disable CA1031 // Every failure belongs to the sender.
        catch (Exception error)
#pragma warning restore CA1031
        {
            answer = request.Fail(_self, error);
        }

        try
        {
            await TrySendAsync(request.Sender, answer);
        }
        catch (ArgumentException tooLarge)
        {
            await TrySendAsync(request.Sender, request.Fail(_self, tooLarge));
        }
    }

    async Task<AgentMessage> HandleAsync(AgentPacket request)
    {
        if (request.Command != AgentCommands.Meet) return await _job.Host(_self).HandleAsync(request.Sender, request.Message);
        if (request.Body.Split(' ') is not [var name, var ticks] || !Enum.TryParse(name, out AgentGroup group)
            || !long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out long timeout))
        {
            throw new InvalidOperationException($"a barrier is named \"{request.Body}\"; driver and executors need the same build");
        }

        await _job.Barrier(group).WaitAsync(request.Sender, TimeSpan.FromTicks(timeout), _job.Stopping);
        return new AgentMessage(request.Command);
    }

    // Who waits for what can't be sent gives up by itself.
    async Task TrySendAsync(AgentAddress receiver, AgentPacket packet)
    {
        using CancellationTokenSource limit = new(s_answerTimeout);
        try
        {
            await _mailbox.SendAsync(_self.ToString(), receiver.ToString(), packet.ToBytes(), s_answerTimeout, limit.Token);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException or BadInputException)
        {
            _job.Logger.LogWarning("{Agent} could not send \"{Command}\" to {Receiver}: {Reason}", _self, packet.Command, receiver, error.Message);
        }
    }

    void Track(Func<Task> action)
    {
        Task task = Task.Run(action);
        _answering[task] = true;
        _ = task.ContinueWith(done => _answering.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    string NextId() => string.Create(CultureInfo.InvariantCulture, $"{_name}-{Interlocked.Increment(ref _lastRequest)}");
}
