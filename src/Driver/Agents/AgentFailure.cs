namespace MetaSpore.Spark.Driver.Agents;

/// <summary>Why an agent of another process could not answer. Immutable.</summary>
/// <param name="Agent">The agent that failed.</param>
/// <param name="Request">The command of the request that it failed in.</param>
/// <param name="Type">Full name of the exception's type.</param>
/// <param name="Message">Its message.</param>
/// <param name="Trace">Where it was thrown; null when that is not known.</param>
sealed record AgentFailure(AgentAddress Agent, string Request, string Type, string Message, string? Trace)
{
    const int MaxText = 16 << 10;

    /// <summary>What an agent threw while it handled a request.</summary>
    public static AgentFailure Of(AgentAddress agent, string request, Exception error)
    {
        // An agent that asked another one passes on what that one threw.
        if (error is AgentException { InnerException: { } inner } thrown) (agent, request, error) = (thrown.Agent, thrown.Request, inner);
        return new AgentFailure(agent, request, error.GetType().FullName!, Cut(error.Message), error.StackTrace is { } trace ? Cut(trace) : null);
    }

    /// <summary>The exception for whoever asked.</summary>
    public Exception ToException() => (Request, Type) switch
    {
        (_, "System.OperationCanceledException" or "System.Threading.Tasks.TaskCanceledException") =>
            new OperationCanceledException($"{Agent} was stopped in \"{Request}\""),
        (AgentCommands.Meet, "System.TimeoutException") => new TimeoutException(Message),
        (AgentCommands.Meet, _) => new InvalidOperationException(Message),
        _ => new AgentException(Agent, Request, new RemoteException(this)),
    };

    static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];

    sealed class RemoteException(AgentFailure failure) : Exception(failure.Message)
    {
        public override string ToString() => $"{failure.Type}: {failure.Message}\n{failure.Trace}\n   --- in the process of {failure.Agent} ---";
    }
}
