using MetaSpore.Spark.Driver.Packaging;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>An archive with a shell script in the place of a program.</summary>
static class ProgramArchive
{
    /// <summary>Writes it.</summary>
    /// <param name="folder">The test's folder.</param>
    /// <param name="script">The script's text, of <c>program.sh</c>.</param>
    /// <returns>The archive, and the script outside it.</returns>
    public static (string Archive, string Program) Write(LaunchFolder folder, string script)
    {
        string program = folder.WriteScript("app/program.sh", script);
        IReadOnlyList<PackageEntry> entries = PackageContents.List(Path.GetDirectoryName(program)!, null, null);
        string archive = folder.PathOf("program.tar.gz");
        PackageWriter.Write(archive, entries, PackageManifest.Of(entries, CancellationToken.None), new Progress<long>(), CancellationToken.None);
        return (archive, program);
    }
}
