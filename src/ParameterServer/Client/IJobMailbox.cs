namespace MetaSpore.Spark.ParameterServer.Client;

/// <summary>
/// Messages between the processes of a job, which a shard keeps until their receiver has taken them, in the order in which they
/// came. Each is delivered once, also when the way to the shard breaks meanwhile. Thread-safe; one process a receiver at a time.
/// </summary>
public interface IJobMailbox
{
    /// <summary>Leaves a message.</summary>
    /// <param name="sender">Who sends it, at most 200 characters.</param>
    /// <param name="receiver">Who is to take it, at most 200 characters. It need not be there yet.</param>
    /// <param name="content">At most 64 MiB.</param>
    /// <param name="lifetime">The message is dropped when nobody has taken it for so long; <see cref="Timeout.InfiniteTimeSpan"/>: never.</param>
    /// <param name="cancellationToken">Ends the call; the message may have been left.</param>
    /// <exception cref="ArgumentException">A name or the content is too long.</exception>
    /// <exception cref="InvalidOperationException">The shard keeps too many messages that nobody takes.</exception>
    ValueTask SendAsync(string sender, string receiver, ReadOnlyMemory<byte> content, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>The receiver's messages; waits for one when there is none.</summary>
    /// <param name="receiver">Whose.</param>
    /// <param name="after">Number of the last message that was taken, 0 for none: that one and those before are forgotten.</param>
    /// <param name="wait">The longest wait, at most a minute.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    /// <returns>In order; empty when none came in time. Not always all: ask again.</returns>
    ValueTask<IReadOnlyList<JobMessage>> ReceiveAsync(string receiver, long after, TimeSpan wait, CancellationToken cancellationToken);
}
