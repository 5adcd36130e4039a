using System.Text.Json;
using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// What the tasks of one Spark job do: it travels in the plan, so it never holds a secret. Immutable. The kinds are a closed
/// list; nothing of another type can come out of the bytes.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "task")]
[JsonDerivedType(typeof(StartShardCommand), "startShard")]
[JsonDerivedType(typeof(TrainCommand), "train")]
[JsonDerivedType(typeof(MeasureCommand), "measure")]
[JsonDerivedType(typeof(MeasurePredictionsCommand), "measurePredictions")]
[JsonDerivedType(typeof(PredictCommand), "predict")]
[JsonDerivedType(typeof(FitFeaturesCommand), "fitFeatures")]
[JsonDerivedType(typeof(IdentityCommand), "identity")]
[JsonDerivedType(typeof(CheckCommand), "check")]
[JsonDerivedType(typeof(CallShardCommand), "callShard")]
[JsonDerivedType(typeof(StopShardsCommand), "stopShards")]
public abstract record TaskCommand
{
    /// <summary>The version of these records' form that this build writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Largest serialised command that is read, in bytes; it is a part of the plan of every task.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Version of the form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The serialised form.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SpecJson.Options);

    /// <summary>Reads the serialised form.</summary>
    /// <exception cref="BadInputException">The bytes are no command, or one of another build.</exception>
    public static TaskCommand FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes) throw new BadInputException($"The task's command has {bytes.Length} bytes; at most {MaxBytes} are read.");
        TaskCommand? command;
        try
        {
            command = JsonSerializer.Deserialize<TaskCommand>(bytes, SpecJson.Options);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new BadInputException($"The task's command can't be read: {error.Message} Driver and executors need the same build.", error);
        }

        return command is { Version: CurrentVersion }
            ? command
            : throw new BadInputException(
                $"The task's command has version {command?.Version}; this worker reads version {CurrentVersion}. Driver and executors need the same build.");
    }
}
