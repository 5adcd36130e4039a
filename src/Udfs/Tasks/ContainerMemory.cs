using System.Globalization;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>What the control group of this process allows it.</summary>
static class ContainerMemory
{
    static readonly string[] s_files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

    /// <summary>The limit in bytes; 0: there is none, or none that can be read.</summary>
    public static long Limit()
    {
        foreach (string file in s_files)
        {
            if (!File.Exists(file)) continue;
            // Version 1 says "no limit" by a number near the largest one.
            if (long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit < long.MaxValue / 2)
                return limit;
        }

        return 0;
    }
}
