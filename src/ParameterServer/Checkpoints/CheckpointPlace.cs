using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Where one checkpoint is being written until it is put in its place as a whole. Not thread-safe.</summary>
abstract class CheckpointPlace
{
    /// <summary>Where the checkpoint will be.</summary>
    public required string Directory { get; init; }

    /// <summary>Where shards write their files.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The folder of the files below the checkpoint's, for the manifest; null when they lie beside it.</summary>
    public virtual string? DataFolder => null;

    /// <summary>Begins a checkpoint; deletes what unfinished writes to the same place left.</summary>
    /// <exception cref="BadInputException">Something is there that must not be replaced.</exception>
    public static CheckpointPlace Create(string directory, bool overwrite) => StorageLocation.IsRemote(directory)
        ? RemoteCheckpointPlace.Begin(directory, overwrite)
        : LocalCheckpointPlace.Begin(directory, overwrite);

    /// <summary>Writes a file.</summary>
    public abstract CheckpointFile Write(string name, byte[] content);

    /// <summary>Writes the manifest and puts the checkpoint in its place.</summary>
    /// <returns>The manifest's hash.</returns>
    public abstract string Publish(CheckpointManifest manifest);

    /// <summary>Deletes what was written and not published; best effort.</summary>
    public abstract void Discard();
}
