namespace MetaSpore.Spark.Testing.Stores;

/// <summary>Faults that a store of the tests is told to make. Thread-safe.</summary>
public sealed class StoreFaults
{
    readonly Lock _lock = new();
    readonly List<Rule> _rules = [];

    /// <summary>Makes calls fail.</summary>
    /// <param name="operation">Method and kind, such as "GET" or "PUT".</param>
    /// <param name="contains">Text in the path.</param>
    /// <param name="fault">How they fail.</param>
    /// <param name="times">How many calls.</param>
    /// <param name="after">Calls that succeed before.</param>
    public void Add(string operation, string contains, StoreFault fault, int times = int.MaxValue, int after = 0)
    {
        lock (_lock) _rules.Add(new Rule(operation, contains, fault) { Left = times, Before = after });
    }

    /// <summary>Ends the faults of paths that contain a text.</summary>
    public void Clear(string contains)
    {
        lock (_lock) _rules.RemoveAll(rule => rule.Contains == contains);
    }

    /// <summary>What a call is to do; null: to succeed.</summary>
    public StoreFault? Take(string operation, string path)
    {
        lock (_lock)
        {
            foreach (Rule rule in _rules.Where(rule => rule.Left > 0 && rule.Operation == operation && path.Contains(rule.Contains, StringComparison.Ordinal)))
            {
                if (rule.Before > 0)
                {
                    rule.Before--;
                    continue;
                }

                rule.Left--;
                return rule.Fault;
            }

            return null;
        }
    }

    sealed record Rule(string Operation, string Contains, StoreFault Fault)
    {
        public int Left { get; set; }

        public int Before { get; set; }
    }
}
