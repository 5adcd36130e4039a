namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>A folder beside the checkpoint's place, every file flushed to the disk, put in place by a rename.</summary>
sealed class LocalCheckpointPlace : CheckpointPlace
{
    /// <summary>Makes the folder.</summary>
    public static LocalCheckpointPlace Begin(string directory, bool overwrite)
    {
        string temporary = CheckpointFolder.NewTemporary(directory);
        CheckpointFolder.Recover(directory);
        CheckpointFolder.RequireWritable(directory, overwrite);
        CheckpointFolder.Clean(directory);
        System.IO.Directory.CreateDirectory(temporary);
        return new LocalCheckpointPlace { Directory = directory, WorkingDirectory = temporary };
    }

    /// <inheritdoc/>
    public override CheckpointFile Write(string name, byte[] content) => HashedFile.Write(Path.Combine(WorkingDirectory, name), content);

    /// <inheritdoc/>
    public override string Publish(CheckpointManifest manifest)
    {
        string hash = ManifestFile.Write(WorkingDirectory, manifest);
        CheckpointFolder.Replace(WorkingDirectory, Directory);
        return hash;
    }

    /// <inheritdoc/>
    public override void Discard() => CheckpointFolder.Delete(WorkingDirectory);
}
