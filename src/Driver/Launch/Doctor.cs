using System.Globalization;
using System.Text.RegularExpressions;
using MetaSpore.Spark.Driver.Packaging;
using MetaSpore.Spark.Driver.Spark;

namespace MetaSpore.Spark.Driver.Launch;

/// <summary>Checks beforehand what would make a job on Spark fail, each with its cure.</summary>
static partial class Doctor
{
    // What spark-submit.sh asks of YARN and Kubernetes when nobody says: conf/yarn.conf and conf/k8s.conf.
    const int SubmittedExecutors = 2;
    const string SubmittedCores = "2";

    /// <summary>Runs every check.</summary>
    public static IReadOnlyList<Finding> Examine(DoctorOptions options)
    {
        SparkInstallation? spark = options.SparkHome is null ? null : SparkInstallation.Find(options.SparkHome);
        List<Finding> findings = [SparkHome(options.SparkHome, spark)];
        if (spark is not null) findings.AddRange([SparkVersion(spark), Connect(spark)]);
        findings.AddRange([Java(options.JavaVersion, spark?.Version), Slots(options), DynamicAllocation(options.Configuration), Memory(options), Archive(options), Storage(options.Job.LocalStorage)]);
        return findings;
    }

    static Finding SparkHome(string? home, SparkInstallation? spark)
    {
        const string check = "SPARK_HOME";
        if (home is null) return new(FindingLevel.Fail, check, "not set", "set SPARK_HOME to a Spark distribution (3.5 to 4.3), or give --spark-home");
        return spark is null
            ? new(FindingLevel.Fail, check, $"\"{home}\" has no bin/spark-submit and jars/", "set SPARK_HOME to the folder that the distribution's archive unpacks to")
            : new(FindingLevel.Ok, check, home);
    }

    static Finding SparkVersion(SparkInstallation spark)
    {
        const string check = "Spark version";
        if (spark.Version is null) return new(FindingLevel.Warn, check, "no spark-core jar tells it", "use an unchanged distribution of Spark 3.5 to 4.3");
        return SparkInstallation.IsSupported(spark.Version)
            ? new(FindingLevel.Ok, check, spark.Version.ToString())
            : new(FindingLevel.Fail, check, $"{spark.Version} is not supported", "use Spark 3.5 to 4.3");
    }

    static Finding Connect(SparkInstallation spark)
    {
        const string check = "Spark Connect";
        if (spark.HasConnect)
        {
            return spark.Version is { Major: < 4 }
                ? new(FindingLevel.Warn, check, $"the server of Spark {spark.Version} listens on every network interface and asks for no token", "use Spark 4.0 or later, or accept it with --allow-insecure-connect")
                : new(FindingLevel.Ok, check, "its jar is there");
        }

        string version = spark.Version?.ToString() ?? "VERSION";
        return new(FindingLevel.Fail, check, "its jar is not in the distribution", $"give spark-submit.sh --packages org.apache.spark:spark-connect_2.12:{version}, or put that jar into {Path.Combine(spark.Home, "jars")}");
    }

    static Finding Java(string? printed, Version? spark)
    {
        const string check = "Java";
        const string install = "install Java 17 and set JAVA_HOME";
        if (printed is null) return new(FindingLevel.Fail, check, "neither $JAVA_HOME/bin/java nor java on the PATH runs", install);
        Match match = JavaMajor().Match(printed);
        if (!match.Success) return new(FindingLevel.Warn, check, $"its version can't be told from \"{printed.Split('\n')[0]}\"", install);
        int major = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        if (spark is null || SparkInstallation.RunsOn(spark, major)) return new(FindingLevel.Ok, check, $"version {major}");
        return major > 21 || (spark.Major < 4 && major > 17)
            ? new(FindingLevel.Warn, check, $"version {major} is newer than what Spark {spark} is tested with", install)
            : new(FindingLevel.Fail, check, $"version {major} does not run Spark {spark}", install);
    }

    static Finding Slots(DoctorOptions options)
    {
        const string check = "slots";
        int needed = Math.Max(options.Job.Workers, options.Job.Servers);
        string who = $"{options.Job.Workers} workers train at once and {options.Job.Servers} shards start at once";
        string master = options.Master == "local[*]" ? $"local[{Environment.ProcessorCount}]" : options.Master;
        string taskCpus = options.Configuration.GetValueOrDefault(ExecutorSlots.TaskCpusKey) ?? options.Job.TaskCpus.ToString(CultureInfo.InvariantCulture);
        return ExecutorSlots.Count(master, $"{Executors(options)}", options.Configuration.GetValueOrDefault(ExecutorSlots.CoresKey) ?? SubmittedCores, taskCpus) switch
        {
            null => new(FindingLevel.Warn, check, $"{who}; how many tasks {options.Master} runs at once is not known here", "the cluster's free cores must be enough"),
            { } slots when slots < needed => new(FindingLevel.Fail, check, $"{who}, but {options.Master} runs {slots} tasks of {taskCpus} cores at once", $"use at least {needed} slots: local[{needed}], or more executors or cores; or lower training.workers or training.servers"),
            { } slots => new(FindingLevel.Ok, check, $"{slots}; {who}"),
        };
    }

    // 0: only the cluster knows.
    static int Executors(DoctorOptions options) =>
        ExecutorSlots.Number(options.Configuration.GetValueOrDefault(ExecutorSlots.ExecutorsKey)) ?? (ExecutorSlots.AreContainers(options.Master) ? SubmittedExecutors : 0);

    static Finding DynamicAllocation(IReadOnlyDictionary<string, string> configuration)
    {
        const string check = "dynamic allocation";
        return configuration.TryGetValue("spark.dynamicAllocation.enabled", out string? value) && value.Equals("true", StringComparison.OrdinalIgnoreCase)
            ? new(FindingLevel.Fail, check, "is on: Spark refuses barrier stages, and would end executors that hold shards", "give --conf spark.dynamicAllocation.enabled=false and set spark.executor.instances")
            : new(FindingLevel.Ok, check, "off");
    }

    static Finding Memory(DoctorOptions options)
    {
        const string check = "memory";
        if (options.Job.Spark.Options.ServerMemory == 0) return new(FindingLevel.Warn, check, "spark.serverMemory is not set, so nothing can be said", "set spark.serverMemory in the job file: bytes that one shard may take, for example 4g");
        if (options.Master.StartsWith("local[", StringComparison.Ordinal) || options.Master is "local")
        {
            long local = options.Job.ExecutorOverhead(executors: 1);
            return local > options.MachineMemory
                ? new(FindingLevel.Fail, check, $"shards and workers need {ExecutorMemory.Format(local)}, this machine has {ExecutorMemory.Format(options.MachineMemory)}", "lower spark.serverMemory or use a cluster")
                : new(FindingLevel.Ok, check, $"{ExecutorMemory.Format(local)} of {ExecutorMemory.Format(options.MachineMemory)}");
        }

        long required = options.Job.ExecutorOverhead(Executors(options));
        if (!options.Configuration.TryGetValue(ExecutorMemory.OverheadKey, out string? overhead))
            return new(FindingLevel.Ok, check, $"spark-submit.sh adds {ExecutorMemory.Format(required)} beside the JVM; where you submit by other means, give --conf {ExecutorMemory.OverheadKey}={ExecutorMemory.Format(required)}");
        return ExecutorMemory.Parse(overhead) is not { } given || given < required
            ? new(FindingLevel.Fail, check, $"shards and workers of an executor need {ExecutorMemory.Format(required)} beside the JVM, {ExecutorMemory.OverheadKey} is {overhead}", $"give --conf {ExecutorMemory.OverheadKey}={ExecutorMemory.Format(required)}, or none: spark-submit.sh sets it then")
            : new(FindingLevel.Ok, check, $"{ExecutorMemory.Format(required)} of {ExecutorMemory.Format(given)} beside the JVM");
    }

    static Finding Archive(DoctorOptions options)
    {
        const string check = "archive";
        if (options.Archive is null) return new(FindingLevel.Ok, check, "none given; spark-submit.sh makes it where one is needed");
        string? problem = PackageReader.FindProblem(options.Archive);
        return problem is null ? new(FindingLevel.Ok, check, options.Archive) : new(FindingLevel.Fail, check, $"\"{options.Archive}\" {problem}", $"make it anew: metaspore package --output {options.Archive}");
    }

    static Finding Storage(string? folder)
    {
        const string check = "storage";
        if (folder is null) return new(FindingLevel.Ok, check, "no local folder to check");
        string probe = Path.Combine(folder, $".metaspore-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new(FindingLevel.Ok, check, $"{folder} can be written here; executors must see the same folder");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new(FindingLevel.Fail, check, $"\"{folder}\" can't be written: {error.Message}", "correct spark.storage or its permissions");
        }
    }

    [GeneratedRegex("version \"(?:1\\.)?(\\d{1,3})")]
    private static partial Regex JavaMajor();
}
