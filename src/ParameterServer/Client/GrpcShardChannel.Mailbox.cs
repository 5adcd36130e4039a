using Google.Protobuf;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Client;

/// <content>Messages by way of the shard.</content>
public sealed partial class GrpcShardChannel
{
    /// <inheritdoc/>
    public async ValueTask SendAsync(
        string sender, string receiver, ReadOnlyMemory<byte> content, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var message = new AgentEnvelope
        {
            Sender = sender,
            Receiver = receiver,
            Content = UnsafeByteOperations.UnsafeWrap(content),
            LifetimeMilliseconds = lifetime == Timeout.InfiniteTimeSpan ? 0 : Math.Max(1, (long)lifetime.TotalMilliseconds),
        };
        await ChangeAsync(_sends, options => _control.SendMessageAsync(message, options), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JobMessage>> ReceiveAsync(string receiver, long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        AgentMailbox request = new() { Name = receiver, After = after, WaitMilliseconds = (long)wait.TotalMilliseconds };
        AgentEnvelopes answer = await CallAsync(options => _control.ReceiveMessagesAsync(request, options), cancellationToken);
        return [.. answer.Messages.Select(message => new JobMessage(message.Number, message.Sender, message.Content.Memory))];
    }
}
