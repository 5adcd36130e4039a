using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// What processes of a job tell each other through a shard: states of workers, messages of agents. Bounded in number and bytes.
/// Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock of waits and lifetimes.</param>
sealed class JobHub(TimeProvider timeProvider)
{
    const int MaxEntries = 65536;
    const int MaxName = 200;
    const int MaxMessageBytes = 64 << 20;
    const long MaxBytes = 256L << 20;

    static readonly TimeSpan s_maxWait = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    readonly List<(int Partition, long Snapshot, byte[] State)> _reports = [];
    readonly Dictionary<string, Mailbox> _mailboxes = new(StringComparer.Ordinal);
    long _bytes;
    int _entries;

    /// <summary>Keeps a worker's state until it is collected.</summary>
    public void Report(int partition, long snapshot, byte[] state)
    {
        lock (_lock)
        {
            Keep(state.Length);
            _reports.Add((partition, snapshot, state));
        }
    }

    /// <summary>Takes all reports, in the order in which they came.</summary>
    public IReadOnlyList<(int Partition, long Snapshot, byte[] State)> CollectReports()
    {
        lock (_lock)
        {
            (int, long, byte[])[] reports = [.. _reports];
            _reports.Clear();
            foreach ((_, _, byte[] state) in reports) Free(state.Length);
            return reports;
        }
    }

    /// <summary>See <see cref="IJobMailbox.SendAsync"/>.</summary>
    public void Send(string sender, string receiver, byte[] content, TimeSpan lifetime)
    {
        if (sender.Length > MaxName) throw new ArgumentException($"a sender's name has {sender.Length} characters; at most {MaxName} are taken", nameof(sender));
        if (content.Length > MaxMessageBytes)
        {
            throw new ArgumentException(
                $"a message of '{sender}' to '{receiver}' has {content.Length} bytes; at most {MaxMessageBytes} are taken: send less at once, or a path to it", nameof(content));
        }

        lock (_lock)
        {
            Mailbox mailbox = Open(receiver);
            DropOld(mailbox);
            Keep(content.Length);
            mailbox.Messages.Enqueue(new Kept(new JobMessage(++mailbox.Last, sender, content), timeProvider.GetTimestamp(), lifetime));
            mailbox.Arrived.TrySetResult();
        }
    }

    /// <summary>See <see cref="IJobMailbox.ReceiveAsync"/>.</summary>
    public async Task<IReadOnlyList<JobMessage>> ReceiveAsync(string receiver, long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        Mailbox mailbox;
        Task arrived;
        lock (_lock)
        {
            mailbox = Open(receiver);
            while (mailbox.Messages.TryPeek(out Kept? first) && first.Message.Number <= after) Drop(mailbox);
            DropOld(mailbox);
            if (mailbox.Messages.Count > 0 || wait <= TimeSpan.Zero) return Take(mailbox);
            if (mailbox.Arrived.Task.IsCompleted) mailbox.Arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrived = mailbox.Arrived.Task;
        }

        try
        {
            await arrived.WaitAsync(wait < s_maxWait ? wait : s_maxWait, timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            return [];
        }

        lock (_lock) return Take(mailbox);
    }

    // As much as one answer may hold. The messages stay until the receiver says that it has them.
    JobMessage[] Take(Mailbox mailbox)
    {
        long bytes = 0;
        return
        [
            .. mailbox.Messages.Where(kept => !IsOld(kept)).Select(kept => kept.Message)
                .TakeWhile(message => (bytes += message.Content.Length) <= MaxMessageBytes),
        ];
    }

    Mailbox Open(string receiver)
    {
        if (_mailboxes.TryGetValue(receiver, out Mailbox? mailbox)) return mailbox;
        if (receiver.Length > MaxName) throw new ArgumentException($"a receiver's name has {receiver.Length} characters; at most {MaxName} are taken", nameof(receiver));
        if (_mailboxes.Count >= MaxEntries) throw new InvalidOperationException($"the shard keeps messages for {_mailboxes.Count} receivers; that is the limit");
        return _mailboxes[receiver] = new Mailbox();
    }

    void DropOld(Mailbox mailbox)
    {
        while (mailbox.Messages.TryPeek(out Kept? first) && IsOld(first)) Drop(mailbox);
    }

    bool IsOld(Kept kept) => kept.Lifetime > TimeSpan.Zero && timeProvider.GetElapsedTime(kept.Since) > kept.Lifetime;

    void Drop(Mailbox mailbox) => Free(mailbox.Messages.Dequeue().Message.Content.Length);

    void Keep(int length)
    {
        if (_entries >= MaxEntries || _bytes + length > MaxBytes)
        {
            throw new InvalidOperationException(
                $"the shard keeps {_entries} reports and messages of {_bytes} bytes that nobody has collected; the limits are {MaxEntries} and {MaxBytes}");
        }

        _entries++;
        _bytes += length;
    }

    void Free(int length)
    {
        _entries--;
        _bytes -= length;
    }

    sealed class Mailbox
    {
        public long Last { get; set; }

        public Queue<Kept> Messages { get; } = [];

        public TaskCompletionSource Arrived { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    sealed record Kept(JobMessage Message, long Since, TimeSpan Lifetime);
}
