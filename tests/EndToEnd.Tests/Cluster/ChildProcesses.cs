using System.Globalization;

namespace MetaSpore.Spark.EndToEnd.Tests.Cluster;

/// <summary>The processes that a process has started, from <c>/proc</c>.</summary>
static class ChildProcesses
{
    /// <summary>Numbers of the children of <paramref name="parent"/> whose command line holds <paramref name="verb"/>.</summary>
    public static IReadOnlyList<int> Of(int parent, string verb) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Where(name => Read(name!, "stat") is { Length: > 0 } stat && ParentOf(stat) == parent && StateOf(stat) != "Z")
            .Where(name => Read(name!, "cmdline").Split('\0').Contains(verb))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))];

    // The second field is the name in parentheses, which may hold blanks.
    static string[] FieldsOf(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

    static string StateOf(string stat) => FieldsOf(stat)[0];

    static int ParentOf(string stat) => int.Parse(FieldsOf(stat)[1], CultureInfo.InvariantCulture);

    static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
