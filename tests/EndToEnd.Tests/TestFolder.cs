namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>A folder that a test writes to; removed at the end.</summary>
sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("metaspore-e2e-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
