namespace MetaSpore.Spark.SparkConnect;

/// <summary>Where Spark keeps the rows of a persisted DataFrame.</summary>
/// <param name="UseDisk">On disk.</param>
/// <param name="UseMemory">In the heap's storage memory.</param>
/// <param name="UseOffHeap">Outside of the heap.</param>
/// <param name="Deserialized">As objects instead of bytes.</param>
/// <param name="Replication">Number of nodes that keep each partition.</param>
public sealed record StorageLevel(bool UseDisk, bool UseMemory, bool UseOffHeap = false, bool Deserialized = false, int Replication = 1)
{
    /// <summary>In memory as objects, on disk what does not fit.</summary>
    public static StorageLevel MemoryAndDisk { get; } = new(UseDisk: true, UseMemory: true, Deserialized: true);

    /// <summary>In memory as objects; what does not fit is computed again.</summary>
    public static StorageLevel MemoryOnly { get; } = new(UseDisk: false, UseMemory: true, Deserialized: true);

    /// <summary>On disk.</summary>
    public static StorageLevel DiskOnly { get; } = new(UseDisk: true, UseMemory: false);

    internal Protocol.StorageLevel ToProtocol() => new()
    {
        UseDisk = UseDisk,
        UseMemory = UseMemory,
        UseOffHeap = UseOffHeap,
        Deserialized = Deserialized,
        Replication = Replication,
    };
}
