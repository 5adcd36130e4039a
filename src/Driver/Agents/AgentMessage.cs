namespace MetaSpore.Spark.Driver.Agents;

/// <summary>A request from one agent to another, or the answer. Immutable; payloads are shared, not copied, and must not be changed.</summary>
/// <param name="Command">What is asked for; names that begin with <c>agent.</c> are the runner's own.</param>
/// <param name="Body">Arguments as text, usually JSON.</param>
/// <param name="Payload">Bytes that belong to it.</param>
public sealed record AgentMessage(string Command, string Body = "", ReadOnlyMemory<byte> Payload = default);
