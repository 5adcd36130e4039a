using System.Text.Json;
using MetaSpore.Spark.Testing;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Spark;

/// <summary>Bytes that a real Spark and a worker exchanged, with the fields that another program read from them.</summary>
sealed class Capture
{
    const string Folder = "worker-protocol";

    readonly string _version;
    readonly JsonElement _fields;

    Capture(string version, string name)
    {
        _version = version;
        Name = name;
        Sent = Read(name + ".in.bin");
        _fields = JsonDocument.Parse(File.ReadAllText(Golden.File(Folder, version, "fields.json"))).RootElement.GetProperty(name + ".in.bin").Clone();
    }

    public string Name { get; }

    /// <summary>What Spark sent.</summary>
    public byte[] Sent { get; }

    /// <summary>What the recorded worker answered.</summary>
    public byte[] Answered => Read(Name + ".out.bin");

    /// <summary>Version of Spark as tags have it.</summary>
    public string Spark => _version[..3];

    public static Capture Of(string version, string name) => new(version, name);

    /// <summary>Every version with every recorded task.</summary>
    public static TheoryData<string, string> Tasks()
    {
        TheoryData<string, string> tasks = [];
        foreach (string version in Golden.Cases(Folder))
        {
            foreach (string file in Directory.EnumerateFiles(Golden.File(Folder, version), "*-task*.in.bin").Order(StringComparer.Ordinal))
                tasks.Add(version, Path.GetFileName(file)[..^".in.bin".Length]);
        }

        if (tasks.Count == 0) tasks.Add("absent", "absent");
        return tasks;
    }

    public static byte[] Read(string version, string file) => File.ReadAllBytes(Golden.File(Folder, version, file));

    public byte[] Read(string file) => Read(_version, file);

    public string[] Lines(string file) => File.ReadAllLines(Golden.File(Folder, _version, file));

    /// <summary>The rows whose meaning is or begins with a text: offset, length, value.</summary>
    public IEnumerable<(int Offset, int Length, JsonElement Value)> Fields(string meaning) => _fields.EnumerateArray()
        .Where(row => row[3].GetString()!.StartsWith(meaning, StringComparison.Ordinal))
        .Select(row => (row[0].GetInt32(), row[1].GetInt32(), row[4]));

    public long Number(string meaning) => Fields(meaning).First().Value.GetInt64();

    public string Text(string meaning) => Fields(meaning).First().Value.GetString()!;

    /// <summary>Settings in the form <c>key = value</c>.</summary>
    public Dictionary<string, string> Map(string meaning) => Fields(meaning)
        .Select(row => row.Value.GetString()!.Split(" = ", 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>Offset of the first Arrow message.</summary>
    public int ArrowOffset => _fields.EnumerateArray().First(row => row[2].GetString() == "Arrow schema")[0].GetInt32();
}
