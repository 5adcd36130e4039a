namespace MetaSpore.Spark.Launch.Tests;

/// <summary>A temporary folder with the files of a test.</summary>
sealed class LaunchFolder : IDisposable
{
    public LaunchFolder() => Root = Directory.CreateTempSubdirectory("launch-tests-").FullName;

    public string Root { get; }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Writes a file, with its folders.</summary>
    public string Write(string name, string text)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a shell script that can be executed.</summary>
    public string WriteScript(string name, string text)
    {
        string path = Write(name, "#!/bin/sh\n" + text + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
