namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>A folder of this process alone for files on their way to or from a store, on the disk that TMPDIR names.</summary>
sealed class TemporaryFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("metaspore-").FullName;

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Explains a fault of a file in it.</summary>
    public IOException Explain(Exception fault) => new(
        $"the temporary folder '{Path}' on {Environment.MachineName}: {fault.Message.TrimEnd('.')}; files go through it to and from remote storage: set TMPDIR to a folder on a disk with more space", fault);

    /// <summary>Deletes it with what it holds.</summary>
    public void Dispose() => CheckpointFolder.DeleteLocal(Path);
}
