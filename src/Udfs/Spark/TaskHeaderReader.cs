using System.Globalization;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Reads what precedes a task's rows, in the order of each version of Spark. See docs/spark-worker.md for the fields.</summary>
sealed class TaskHeaderReader(string tagPrefix)
{
    /// <summary>Eval type of Python's mapInPandas; its rows come as those of <see cref="MapInArrow"/> do.</summary>
    public const int MapInPandas = 205;

    /// <summary>Eval type of Python's mapInArrow.</summary>
    public const int MapInArrow = 207;

    const int MaxTag = 4096;

    /// <summary>Reads the next header; the reader then stands at the first Arrow message.</summary>
    /// <returns>The header, or null when the connection was closed while idle.</returns>
    /// <exception cref="SparkProtocolException">The header can't be read.</exception>
    public TaskHeader? Read(WireReader reader)
    {
        if (reader.TryReadInt32("first number of a task") is not { } first) return null;
        if (first != Signal.StartOfInitMessage) return ReadFields(reader, first, isFramed: false);
        using var frame = new MemoryStream(reader.ReadBytes("header of a task"), writable: false);
        var framed = new WireReader(frame);
        return ReadFields(framed, framed.ReadInt32("partition index"), isFramed: true);
    }

    TaskHeader ReadFields(WireReader reader, int partition, bool isFramed)
    {
        if (partition < 0)
            throw new SparkProtocolException(string.Create(
                CultureInfo.InvariantCulture,
                $"a task begins with {partition} where its partition's index or {Signal.StartOfInitMessage} was expected: this version of Spark is not known"));
        var layout = TaskLayout.Of(reader.ReadText("version tag", MaxTag), tagPrefix, isFramed);
        TaskFacts facts = layout.HasJsonContext
            ? TaskContextJson.Parse(reader.ReadBytes("task context"))
            : ReadFacts(reader, layout);
        string filesDirectory = reader.ReadText("files directory");
        SkipTexts(reader, "Python includes");
        SkipBroadcasts(reader);
        int evalType = reader.ReadInt32("eval type");
        if (evalType is not (MapInArrow or MapInPandas))
            throw new SparkProtocolException(string.Create(
                CultureInfo.InvariantCulture,
                $"the task's eval type is {evalType}; only mapInArrow ({MapInArrow}) is served: call the function through MapInArrow"));
        Dictionary<string, string> conf = ReadMap(reader, "runner settings");
        if (layout.HasEvalConf) _ = ReadMap(reader, "eval settings");
        bool hasProfiler = layout.HasProfiler && reader.ReadBoolean("profiler flag");
        if (hasProfiler) _ = reader.ReadText("profiler");
        return new TaskHeader
        {
            Layout = layout,
            Facts = facts,
            FilesDirectory = filesDirectory,
            EvalType = evalType,
            RunnerConf = conf,
            Command = ReadFunction(reader, layout.HasEvalConf, layout.HasEvalConf || hasProfiler),
        };
    }

    static TaskFacts ReadFacts(WireReader reader, TaskLayout layout)
    {
        bool isBarrier = reader.ReadBoolean("barrier flag");
        BarrierAddress address = default;
        if (layout.AlwaysHasBarrierPort || isBarrier)
        {
            int port = reader.ReadInt32("barrier port");
            string text = reader.ReadText("barrier secret or path");
            address = port == -1 ? new BarrierAddress(0, null, text) : new BarrierAddress(port, text, null);
        }

        return new TaskFacts
        {
            Barrier = isBarrier ? address : null,
            StageId = reader.ReadInt32("stage id"),
            PartitionId = reader.ReadInt32("partition id"),
            AttemptNumber = reader.ReadInt32("attempt number"),
            TaskAttemptId = reader.ReadInt64("task attempt id"),
            Cpus = reader.ReadInt32("cpus"),
            Resources = ReadResources(reader),
            LocalProperties = ReadMap(reader, "local properties"),
        };
    }

    static Dictionary<string, IReadOnlyList<string>> ReadResources(WireReader reader)
    {
        Dictionary<string, IReadOnlyList<string>> resources = [];
        int count = reader.ReadCount("number of resources");
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadText("resource");
            _ = reader.ReadText("resource's name");
            int addresses = reader.ReadCount("number of a resource's addresses");
            List<string> read = [];
            for (int j = 0; j < addresses; j++) read.Add(reader.ReadText("resource's address"));
            resources[key] = read;
        }

        return resources;
    }

    static Dictionary<string, string> ReadMap(WireReader reader, string what)
    {
        Dictionary<string, string> map = [];
        int count = reader.ReadCount($"number of {what}");
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadText(what);
            map[key] = reader.ReadText(what);
        }

        return map;
    }

    static void SkipTexts(WireReader reader, string what)
    {
        int count = reader.ReadCount($"number of {what}");
        for (int i = 0; i < count; i++) _ = reader.ReadText(what);
    }

    /// <summary>Skips Python's broadcast variables, of which plans of this program have none.</summary>
    public static void SkipBroadcasts(WireReader reader)
    {
        bool hasServer = reader.ReadBoolean("broadcast server flag");
        int count = reader.ReadCount("number of broadcasts");
        if (hasServer)
            throw new SparkProtocolException("the task has encrypted broadcast variables, which are Python's: use no Python function in the same session");
        for (int i = 0; i < count; i++)
            if (reader.ReadInt64("broadcast id") >= 0) _ = reader.ReadText("broadcast path");
    }

    static byte[] ReadFunction(WireReader reader, bool hasNames, bool hasResultId)
    {
        int functions = reader.ReadCount("number of functions");
        if (functions != 1) throw NotOne("functions", functions);
        int arguments = reader.ReadCount("number of arguments");
        for (int i = 0; i < arguments; i++)
        {
            _ = reader.ReadInt32("argument offset");
            if (hasNames && reader.ReadBoolean("argument name flag")) _ = reader.ReadText("argument name");
        }

        int chained = reader.ReadCount("number of chained functions");
        if (chained != 1) throw NotOne("chained functions", chained);
        byte[] command = reader.ReadBytes("command");
        if (hasResultId) _ = reader.ReadInt64("result id");
        return command;
    }

    static SparkProtocolException NotOne(string what, int count) => new(string.Create(
        CultureInfo.InvariantCulture, $"the task has {count} {what} where 1 was expected: it was not planned by MetaSpore.Spark"));
}
