using System.Reflection;
using System.Security.Cryptography;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Specs;

/// <summary>Finds the assemblies that specs name.</summary>
static class SpecAssembly
{
    /// <summary>The loaded assembly of this name, or the one at the path after its hash was checked.</summary>
    public static Assembly Find(string name, string? path, string? sha256)
    {
        // The last one loaded: a notebook that runs a cell again means its new types.
        Assembly? loaded = AppDomain.CurrentDomain.GetAssemblies().LastOrDefault(assembly => assembly.GetName().Name == name);
        if (loaded is not null && (sha256 is null || FileOf(loaded) is not { } file || Matches(file, sha256))) return loaded;
        if (loaded is not null)
            throw new BadInputException($"The assembly {name} that this process has loaded from {FileOf(loaded)} is another version than the one the job was made with (SHA-256 {sha256}); start a new process with that file.");
        if (path is null) throw new BadInputException($"The assembly {name} is not loaded and the spec names no file; give the path of its .dll.");
        string found = Choose(name, path, sha256);
        try
        {
            return System.Reflection.Assembly.LoadFrom(found);
        }
        catch (Exception error) when (error is BadImageFormatException or FileLoadException)
        {
            throw new BadInputException($"The file {found} can't be loaded as a .NET assembly: {error.Message}", error);
        }
    }

    // On another machine than the one that made the spec, the file is beside the program, as 'metaspore package --app' puts it.
    static string Choose(string name, string path, string? sha256)
    {
        string shipped = System.IO.Path.Combine(AppContext.BaseDirectory, path[(path.LastIndexOfAny(['/', '\\']) + 1)..]);
        string[] present = [.. new[] { path, shipped }.Distinct().Where(File.Exists)];
        if (present.Length == 0)
        {
            throw new BadInputException(
                $"The assembly {name} is not loaded and there is no file {path}, nor {shipped}; give the path of its .dll, and ship it to other machines with 'metaspore package --app'.");
        }

        return Array.Find(present, file => sha256 is null || Matches(file, sha256))
            ?? throw new BadInputException($"The file {present[0]} has SHA-256 {HashOf(present[0])}; the job was made with {sha256}. Ship the same build everywhere.");
    }

    /// <summary>The file that an assembly was loaded from; null for one that exists only in memory.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("SingleFile", "IL3000", Justification = "An empty location is what is asked for.")]
    public static string? FileOf(Assembly assembly) =>
        assembly.IsDynamic || assembly.Location.Length == 0 ? null : assembly.Location;

    /// <summary>The simple name that an assembly's file declares.</summary>
    public static string NameOf(string path)
    {
        if (!File.Exists(path)) throw new BadInputException($"There is no assembly file {System.IO.Path.GetFullPath(path)}; build the project and give the path of its .dll.");
        try
        {
            return AssemblyName.GetAssemblyName(path).Name!;
        }
        catch (BadImageFormatException error)
        {
            throw new BadInputException($"The file {path} is no .NET assembly; give the path of a project's .dll.", error);
        }
    }

    /// <summary>SHA-256 of a file, lower-case hexadecimal.</summary>
    public static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Why a type can't be built in another process; null when it can.</summary>
    public static string? ShippingProblem(string name, string type, string? path)
    {
        // Ours are part of every process, also where a single file holds them all.
        if (path is not null || name.StartsWith("MetaSpore.Spark.", StringComparison.Ordinal)) return null;
        return $"The type {type} is in the assembly {name}, which exists only in this process's memory (a notebook cell or a script); "
            + "other processes can't load it. Move the type into a class library, build it and reference its .dll, or train in this process.";
    }

    static bool Matches(string path, string sha256) => HashOf(path).Equals(sha256, StringComparison.OrdinalIgnoreCase);
}
