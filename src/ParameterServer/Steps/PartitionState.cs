using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>What a shard knows of one worker's stream. Guarded by the ledger's lock.</summary>
sealed class PartitionState
{
    /// <summary>Whether an exchange of the partition is being served; others wait for their turn.</summary>
    public bool IsBusy { get; set; }

    /// <summary>The next step to apply: all lower ones are applied.</summary>
    public long NextStep { get; set; }

    /// <summary>Fingerprint of step <see cref="NextStep"/> − 1; null when it was applied before this epoch's begin.</summary>
    public ulong? LastFingerprint { get; set; }

    /// <summary>Whether the partition sends no more steps in this epoch.</summary>
    public bool IsEnded { get; set; } = true;

    /// <summary>The push that waits for the other workers in Sync mode.</summary>
    public StepExchange? Pending { get; set; }

    /// <summary>The snapshot whose marker holds the stream back, else 0.</summary>
    public long HeldBy { get; set; }
}
