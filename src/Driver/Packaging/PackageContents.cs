using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Packaging;

/// <summary>What goes into the archive: this program, a program of the user's over it, the runtime, and scripts that start them.</summary>
static class PackageContents
{
    /// <summary>Script that starts <c>metaspore</c> with the archive's own runtime: what Spark's executors call.</summary>
    public const string WorkerScript = "metaspore-worker";

    /// <summary>Script that starts another program of the archive; its first argument is the file.</summary>
    public const string ProgramScript = "metaspore-exec";

    const string Start = """
        #!/bin/sh
        # Needs no .NET and no PATH on the machine.
        here=${0%/*}
        [ "$here" = "$0" ] && here=.
        here=$(cd "$here" && pwd)
        if [ -d "$here/dotnet" ]; then
          unset DOTNET_ROOT_X64 DOTNET_ROOT_ARM64
          DOTNET_ROOT=$here/dotnet
          export DOTNET_ROOT
        fi

        """;

    const string StartWorker = Start + """
        exec "$here/metaspore" "$@"

        """;

    const string StartProgram = Start + """
        program=$1
        shift
        case $program in
          *.dll) exec "$here/dotnet/dotnet" "$here/$program" "$@" ;;
          *) exec "$here/$program" "$@" ;;
        esac

        """;

    /// <summary>Lists the archive's files, in the order of their names.</summary>
    /// <param name="program">Folder of this program.</param>
    /// <param name="app">Published folder of a program of the user's; null when there is none.</param>
    /// <param name="runtime">The runtime to add; null when the program carries its own.</param>
    /// <exception cref="BadInputException">A folder is missing, or the user's program was built with another version of this one.</exception>
    public static IReadOnlyList<PackageEntry> List(string program, string? app, SharedRuntime? runtime)
    {
        SortedDictionary<string, PackageEntry> entries = new(StringComparer.Ordinal);
        foreach (PackageEntry entry in FilesOf(program)) entries[entry.Name] = entry;
        if (app is not null) Overlay(entries, app);
        foreach (PackageEntry entry in runtime?.Entries() ?? []) entries[entry.Name] = entry;
        foreach ((string name, string text) in (ReadOnlySpan<(string, string)>)[(WorkerScript, StartWorker), (ProgramScript, StartProgram)])
            entries[name] = new PackageEntry(name, null, text, IsExecutable: true);
        return [.. entries.Values];
    }

    static void Overlay(SortedDictionary<string, PackageEntry> entries, string app)
    {
        if (!Directory.Exists(app)) throw new BadInputException($"--app \"{app}\" does not exist; expected the folder that \"dotnet publish\" wrote");
        List<string> problems = [];
        foreach (PackageEntry entry in FilesOf(app))
        {
            bool isOurs = entry.Name is "metaspore.dll" || entry.Name.StartsWith("MetaSpore.Spark.", StringComparison.Ordinal);
            if (isOurs && entries.TryGetValue(entry.Name, out PackageEntry? own) && !HaveSameContent(entry.Source!, own.Source!))
                problems.Add($"--app \"{app}\": {entry.Name} differs from {own.Source}; build the program with the version of metaspore that packs it");
            if (!isOurs || !entries.ContainsKey(entry.Name)) entries[entry.Name] = entry;
        }

        if (problems.Count > 0) throw new BadInputException([.. problems]);
    }

    static IEnumerable<PackageEntry> FilesOf(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(folder, file).Replace('\\', '/');
            if (!IsLeftOut(name, file)) yield return PackageEntry.FromFile(name, file);
        }
    }

    // Symbols, documentation of libraries, and native code for other systems.
    static bool IsLeftOut(string name, string file)
    {
        if (name.EndsWith(".pdb", StringComparison.Ordinal)) return true;
        if (name.EndsWith(".xml", StringComparison.Ordinal) && File.Exists(Path.ChangeExtension(file, ".dll"))) return true;
        string[] parts = name.Split('/');
        return parts is ["runtimes", { } system, ..] && system is not ("any" or "unix" or "linux") && system != RuntimeInformation.RuntimeIdentifier;
    }

    static bool HaveSameContent(string first, string second) =>
        new FileInfo(first).Length == new FileInfo(second).Length && File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second));
}
