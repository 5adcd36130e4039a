using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>
/// Makes the executors of a session run this program's worker: once a session, before its first task, because another value of
/// what reaches a worker's environment would start a second process, without the shards of the first.
/// </summary>
static class ExecutorProgram
{
    const string Variable = "METASPORE_WORKER";
    const string ArchiveFolder = "metaspore";
    const string ArchiveProgram = "metaspore-worker";
    const string BufferBytes = "1048576";
    const string RowsOfBatch = "10000";

    static readonly ConditionalWeakTable<SparkSession, Task> s_installed = [];

    /// <summary>Tells the session where the worker is; later calls for the session wait for the first.</summary>
    /// <exception cref="BadInputException">There is no worker that executors could start.</exception>
    public static Task InstallAsync(SparkSession session, SparkOptions options, CancellationToken cancellationToken) =>
        s_installed.GetValue(session, given => InstallOnceAsync(given, options, cancellationToken));

    static async Task InstallOnceAsync(SparkSession session, SparkOptions options, CancellationToken cancellationToken)
    {
        string worker = options.Worker ?? Environment.GetEnvironmentVariable(Variable)
            ?? (options.Archive is { } archive ? await SendAsync(session, archive, cancellationToken) : await OwnAsync(session, cancellationToken));
        await SetAsync("spark.sql.execution.pyspark.python", worker);
        await SetAsync("spark.sql.execution.pandas.udf.buffer.size", BufferBytes);
        await SetAsync("spark.sql.execution.arrow.maxRecordsPerBatch", RowsOfBatch);
        if (await session.Conf.IsModifiableAsync("spark.sql.execution.arrow.compression.codec", cancellationToken))
            await SetAsync("spark.sql.execution.arrow.compression.codec", "none");

        Task SetAsync(string key, string value) => session.Conf.SetAsync(key, value, cancellationToken);
    }

    static async Task<string> SendAsync(SparkSession session, string archive, CancellationToken cancellationToken)
    {
        if (!File.Exists(archive)) throw new BadInputException($"The archive '{archive}' does not exist; make it with 'metaspore package --output {archive}'.");
        string hash;
        await using (FileStream content = File.OpenRead(archive)) hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken))[..16];
        await session.AddArtifactAsync($"archives/metaspore-{hash}.tar.gz#{ArchiveFolder}", archive, cancellationToken);
        return $"./{ArchiveFolder}/{ArchiveProgram}";
    }

    // Executors of a local master are on this machine and can start the program that is running here.
    static async Task<string> OwnAsync(SparkSession session, CancellationToken cancellationToken)
    {
        string master = await session.Conf.GetOptionAsync("spark.master", cancellationToken) ?? "";
        if (!master.StartsWith("local", StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"Executors of '{master}' don't have this program. Make an archive with 'metaspore package --output metaspore.tar.gz' and name it ({nameof(SparkOptions)}.{nameof(SparkOptions.Archive)}, " +
                $"or spark-submit.sh, which does it all), or install the program on every node and name its path ({nameof(SparkOptions)}.{nameof(SparkOptions.Worker)}).");
        }

        string own = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "metaspore.exe" : "metaspore");
        return File.Exists(own) ? own : throw new BadInputException($"The worker program '{own}' does not exist; publish the application with its dependencies.");
    }
}
