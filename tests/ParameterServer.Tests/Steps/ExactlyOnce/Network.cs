namespace MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;

/// <summary>Something on its way.</summary>
/// <param name="Deliver">What happens when it arrives.</param>
/// <param name="Lose">Told when it is lost.</param>
/// <param name="Copy">Puts a second copy on the way; null: there is none.</param>
sealed record Message(Action Deliver, Action Lose, Action? Copy)
{
    /// <summary>It does not arrive before this event.</summary>
    public int NotBefore { get; set; }
}

/// <summary>
/// Messages in no order. With a budget of faults, it loses them, doubles them, and keeps copies back for a long time.
/// </summary>
sealed class Network(Random random)
{
    readonly List<Message> _messages = [];

    public int Faults { get; set; }

    public int Now { get; private set; }

    public int Count => _messages.Count;

    public void Send(Action deliver, Action lose, Action? copy, bool isDelayed = false) =>
        _messages.Add(new(deliver, lose, copy) { NotBefore = isDelayed ? Now + random.Next(120) : 0 });

    /// <summary>Lets something happen to one message.</summary>
    /// <returns>False when none is on the way.</returns>
    public bool Step()
    {
        Now++;
        if (_messages.Count == 0) return false;
        int index = random.Next(_messages.Count);
        Message message = _messages[index];
        if (message.NotBefore > Now && _messages.Any(m => m.NotBefore <= Now)) return true;
        if (Faults > 0 && random.Next(12) == 0)
        {
            Faults--;
            if (message.Copy is { } copy && random.Next(2) == 0)
            {
                copy();
                return true;
            }

            _messages.RemoveAt(index);
            message.Lose();
            return true;
        }

        _messages.RemoveAt(index);
        message.Deliver();
        return true;
    }
}
