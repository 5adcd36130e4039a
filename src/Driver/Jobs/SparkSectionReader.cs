using MetaSpore.Spark.Driver.Spark;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the <c>spark</c> section.</summary>
static class SparkSectionReader
{
    static readonly Dictionary<string, ReplayMode> s_replay = new(StringComparer.Ordinal) { ["exact"] = ReplayMode.Exact, ["epoch"] = ReplayMode.Epoch };

    /// <summary>Reads the section; problems go to its document.</summary>
    public static SparkConfig Read(JobSection section)
    {
        var defaults = new SparkOptions();
        string? worker = section.Text("worker", "the path of the worker program on executors");
        var config = new SparkConfig
        {
            ServerCpu = section.Count("serverCpu", 1, 1, 1024),
            WorkerMemory = section.Bytes("workerMemory", 0),
            Conf = ReadConf(section),
            Options = new SparkOptions
            {
                Storage = section.FilePath("storage"),
                Worker = worker,
                WorkerCpu = section.Count("workerCpu", defaults.WorkerCpu, 1, 1024),
                Archive = section.FilePath("archive"),
                ServerMemory = section.Bytes("serverMemory", 0),
                Replay = section.Choice("replay", defaults.Replay, s_replay),
                MaxRestarts = section.Count("maxRestarts", defaults.MaxRestarts, 0),
                Lease = TimeSpan.FromMinutes(section.Count("leaseMinutes", (int)defaults.Lease.TotalMinutes, 1)),
                StartTimeout = TimeSpan.FromSeconds(section.Count("startSeconds", (int)defaults.StartTimeout.TotalSeconds, 5)),
                Tls = section.Flag("tls", defaults.Tls),
                BFloat16 = section.Flag("bfloat16", defaults.BFloat16),
            },
        };
        section.Close();
        return config;
    }

    static Dictionary<string, string> ReadConf(JobSection section)
    {
        Dictionary<string, string> conf = new(StringComparer.Ordinal);
        YamlNode? node = section.Find("conf");
        if (node is null) return conf;
        if (node is not YamlMappingNode mapping)
        {
            section.Wrong("conf", node, "keys of Spark's configuration with their values");
            return conf;
        }

        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && value is YamlScalarNode { Value: { } text }) conf[name] = text;
            else section.Document.Report(value, section.PathOf("conf"), $"expected a text, a number, true or false, found {JobDocument.Describe(value)}");
        }

        return conf;
    }
}
