using System.Diagnostics;
using MetaSpore.Spark.Driver.Packaging;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Launch.Tests;

public sealed class PackageTests : IDisposable
{
    readonly LaunchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Archive_UnpackedWhereNothingIsInstalled_RunsTheProgram()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the archive is for Linux nodes");
        // All but what the version needs not: libtorch is most of the bytes.
        PackageEntry[] entries = [.. PackageContents.List(AppContext.BaseDirectory, null, SharedRuntime.OfThisProcess()).Where(entry => !entry.Name.Contains("torch", StringComparison.Ordinal))];
        string archive = _folder.PathOf("a.tar.gz");
        PackageWriter.Write(archive, entries, PackageManifest.Of(entries, CancellationToken.None), new Progress<long>(), TestContext.Current.CancellationToken);
        string folder = Directory.CreateDirectory(_folder.PathOf("node")).FullName;
        using (Process tar = Process.Start("tar", ["-xzf", archive, "-C", folder])) await tar.WaitForExitAsync(TestContext.Current.CancellationToken);

        string expected = typeof(PackageEntry).Assembly.GetName().Version!.ToString(3);
        foreach (string[] command in (string[][])[["metaspore-worker", "--version"], ["metaspore-exec", "metaspore.dll", "--version"]])
        {
            await using RunningProgram run = RunningProgram.Start("env", ["-i", Path.Combine(folder, command[0]), .. command[1..]], _folder.Root);
            Assert.True(await run.EndAsync() == 0, run.Error);
            Assert.StartsWith(expected, run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Archive_OfTheSameContent_HasTheSameBytes()
    {
        (string archive, string program) = ProgramArchive.Write(_folder, "exit 0");
        byte[] first = File.ReadAllBytes(archive);
        File.SetLastWriteTimeUtc(program, DateTime.UnixEpoch);
        Assert.Equal(first, File.ReadAllBytes(ProgramArchive.Write(_folder, "exit 0").Archive));

        PackageManifest manifest = PackageManifest.Parse(PackageReader.ReadManifest(archive)!);
        Assert.Equal(["metaspore-exec", "metaspore-worker", "program.sh"], manifest.Files.Select(file => file.Name));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(program))), manifest.Files[2].Sha256);
        Assert.True(PackageWriter.IsUpToDate(archive, manifest));
        ProgramArchive.Write(_folder, "exit 1");
        Assert.False(PackageWriter.IsUpToDate(archive, manifest));
    }

    [Fact]
    public void List_OfAnyFolder_LeavesOutWhatNodesDoNotNeed()
    {
        foreach (string name in (string[])["a/x.dll", "a/x.pdb", "a/x.xml", "a/own.xml", "a/runtimes/win-x64/native/y.dll", "a/runtimes/any/z"]) _folder.Write(name, "");
        Assert.Equal(["metaspore-exec", "metaspore-worker", "own.xml", "runtimes/any/z", "x.dll"], PackageContents.List(_folder.PathOf("a"), null, null).Select(entry => entry.Name));
    }

    [Fact]
    public void App_BuiltWithAnotherVersion_IsRefused()
    {
        _folder.Write("program/metaspore.dll", "one");
        _folder.Write("app/metaspore.dll", "another");
        _folder.Write("app/My.dll", "");
        BadInputException error = Assert.Throws<BadInputException>(() => PackageContents.List(_folder.PathOf("program"), _folder.PathOf("app"), null));
        Assert.Contains("metaspore.dll differs from", error.Message, StringComparison.Ordinal);
        _folder.Write("app/metaspore.dll", "one");
        Assert.Contains(PackageContents.List(_folder.PathOf("program"), _folder.PathOf("app"), null), entry => entry.Name == "My.dll");
    }
}
