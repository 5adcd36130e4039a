using System.Net.Sockets;
using System.Security.Cryptography;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Wire;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Tasks;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>
/// Shards inside the worker processes of Spark's executors, and workers as tasks: one barrier job starts the shards, one an
/// epoch trains. When an executor is lost, what waits for it fails with a <see cref="ProcessLostException"/>.
/// </summary>
sealed class SparkEngine : IRunEngine
{
    const int SettlingAttempts = 4;

    static readonly TimeSpan s_reachTimeout = TimeSpan.FromSeconds(3);
    static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(30);

    readonly PreparedJob _job;
    readonly SparkOptions _options;
    readonly SparkSession _session;
    readonly ILogger _logger;
    readonly string _jobId;
    readonly string _storage;
    readonly JobSecrets _secrets;
    readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _ending = new();
    ShardDirectory? _directory;
    ParameterClient? _client;
    SparkWorkerGroup? _workers;
    SparkAgents? _agents;
    Task _renewal = Task.CompletedTask;

    SparkEngine(PreparedJob job, SparkSession session, SparkOptions options, StoreLayout layout, ILogger logger)
    {
        _job = job;
        _session = session;
        _options = options;
        _logger = logger;
        // The same in every attempt of a run, so that a later one finds and drops the shards of an earlier one.
        _jobId = layout.RunId.ToString("N");
        _storage = StorageLocation.Normalize(options.Storage ?? job.WorkPath);
        _secrets = MakeSecrets(options.Tls);
    }

    /// <inheritdoc/>
    public ParameterClient Client => _client!;

    /// <inheritdoc/>
    public IWorkerGroup Workers => _workers!;

    /// <inheritdoc/>
    public Task Lost => _lost.Task;

    /// <inheritdoc/>
    public CancellationToken Stopping => _agents?.Stopping ?? CancellationToken.None;

    /// <summary>Starts the shards and configures them.</summary>
    /// <exception cref="BadInputException">Spark can't run the job as it is set up.</exception>
    /// <exception cref="ProcessLostException">An executor was lost meanwhile.</exception>
    public static async Task<SparkEngine> StartAsync(PreparedJob job, StoreLayout layout, SparkOptions options, ILogger logger)
    {
        SparkSession session = ((SparkRows)job.Training).Frame.Session;
        await SparkRequirements.CheckAsync(session, job.Options.WorkerCount, job.Options.ServerCount, options, CancellationToken.None);
        await ExecutorProgram.InstallAsync(session, options, CancellationToken.None);
        var engine = new SparkEngine(job, session, options, layout, logger);
        try
        {
            if (layout.Generation > 0) await engine.SettleAsync();
            await engine.StartAsync(layout);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Exception> ExplainAsync(Exception error)
    {
        for (Exception? cause = error; cause is not (null or ProcessLostException); cause = cause.InnerException)
        {
            if (cause is ShardUnreachableException)
                return Task.FromResult<Exception>(new ProcessLostException($"The job lost the way to a shard: {cause.Message}", error));
        }

        return Task.FromResult(error);
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> InitialDense()
    {
        JobTicket ticket = _job.Ticket;
        using SparseModel model = SparseModel.Create(ticket.Module, ticket.Defaults, ticket.Seed);
        return model.CopyDenseValues();
    }

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<Task<T>> train) => _agents?.RunAsync(train) ?? train();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _renewal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_agents is not null) await _agents.DisposeAsync();
        if (_workers is not null) await _workers.DisposeAsync();
        if (_directory is not null) await StopShardsAsync(_directory);
        if (_client is not null) await _client.DisposeAsync();
        _ending.Dispose();
    }

    async Task StartAsync(StoreLayout layout)
    {
        string secretsFile = $"metaspore-{_jobId}-{layout.Generation}-{Guid.NewGuid():N}.json";
        await _session.AddArtifactAsync($"files/{secretsFile}", new MemoryStream(_secrets.ToBytes()), CancellationToken.None);
        ShardStarted[] shards = await StartShardsAsync(layout.Generation, secretsFile);
        _directory = new ShardDirectory
        {
            JobId = _jobId,
            Layout = layout,
            Endpoints = [.. shards.Select(shard => shard.Endpoint)],
            SecretsFile = secretsFile,
            Encoding = Encoding,
        };
        IReadOnlyList<IShardChannel> channels = await OpenChannelsAsync(_directory);
        _client = new ParameterClient(layout, channels);
        await _client.ConfigureAsync(CancellationToken.None);
        if (_job.Estimator.AgentClass is not null) _agents = new SparkAgents(_job.Estimator, _client, MailboxOf(channels[0]), _logger);
        _workers = new SparkWorkerGroup(_job, _options, _directory, StorageLocation.Join(_storage, $"notes-{_jobId}-{layout.Generation}"), channels[0], _agents?.Companion, _logger);
        _renewal = RenewAsync();
    }

    // Directly where the executors can be reached from here, as within a cluster; else through jobs of one task.
    async Task<IReadOnlyList<IShardChannel>> OpenChannelsAsync(ShardDirectory directory)
    {
        bool[] reached = await Task.WhenAll(directory.Endpoints.Select(CanReachAsync));
        if (reached.All(can => can))
        {
            ShardConnectionOptions connection = _secrets.Connection(_jobId, Encoding);
            return [.. directory.Endpoints.Select(endpoint => new GrpcShardChannel(endpoint, connection))];
        }

        _logger.LogInformation("This machine can't reach the executors (such as {Endpoint}); the shards are told what to do by small Spark jobs", directory.Endpoints[Array.IndexOf(reached, false)]);
        return [.. directory.Endpoints.Select((_, shard) => new JobShardChannel(_session, directory, shard))];
    }

    // A request to a worker by a Spark job would need a slot that training has taken.
    static IJobMailbox MailboxOf(IShardChannel channel) => channel as IJobMailbox ?? throw new BadInputException(
        $"{nameof(TorchEstimator.AgentClass)} is set, but this machine can't reach the executors, through which agents talk to each other. Run the driver within the cluster's network " +
        $"(spark-submit.sh --deploy-mode cluster), leave {nameof(SparkOptions.ConnectToExecutors)} on, or leave {nameof(TorchEstimator.AgentClass)} out.");

    async Task<bool> CanReachAsync(Uri endpoint)
    {
        if (!_options.ConnectToExecutors) return false;
        using CancellationTokenSource limit = new(s_reachTimeout);
        using Socket probe = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token);
            return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    // A worker process that crashed leaves its executor with connections that fail the next task that gets one: these take them up.
    async Task SettleAsync()
    {
        int count = Math.Max(_job.Options.WorkerCount, _job.Options.ServerCount);
        for (int attempt = 1; attempt <= SettlingAttempts; attempt++)
        {
            using CancellationTokenSource limit = new(_options.StartTimeout);
            try
            {
                await TaskJob.RunAsync(_session.Range(0, count, 1, count), "metaspore settle", new CheckCommand(), barrier: false, limit.Token);
                return;
            }
            catch (Exception error) when (attempt < SettlingAttempts && error is SparkException or ProcessLostException)
            {
                _logger.LogDebug(error, "Executors are not back yet");
            }
        }
    }

    async Task<ShardStarted[]> StartShardsAsync(int generation, string secretsFile)
    {
        int count = _job.Options.ServerCount;
        var command = new StartShardCommand
        {
            JobId = _jobId,
            Generation = generation,
            SecretsFile = secretsFile,
            Lease = _options.Lease,
            LeaseSnapshotFolder = StorageLocation.Join(_storage, "leases"),
            MaxTableBytes = _options.ServerMemory,
            Storage = _storage,
        };
        using CancellationTokenSource limit = new(_options.StartTimeout);
        try
        {
            await SharedFolder.AskAsync(_storage, limit.Token);
            SortedDictionary<int, byte[]> answers = await TaskJob.RunAsync(
                _session.Range(0, count, 1, count), "metaspore start shards", command, barrier: true, limit.Token);
            await SharedFolder.RequireAnswersAsync(_storage, count, limit.Token);
            ShardStarted[] shards = [.. answers.Values.Select(answer => TaskResult.ReadData<ShardStarted>(answer))];
            _logger.LogInformation("Shards: {Shards}", string.Join(", ", shards.Select(shard => $"{shard.Endpoint} (process {shard.ProcessId})")));
            return shards;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new BadInputException(
                $"Spark did not start {count} shards within {_options.StartTimeout.TotalSeconds:0} s: {count} tasks must run at once, and executors may not have come up, " +
                "or other jobs hold their slots. Look at the executors in Spark's UI; give the application more cores, or use fewer servers.");
        }
    }

    // Requests renew a shard's lease; where the driver does something else for long, this does.
    async Task RenewAsync()
    {
        using PeriodicTimer timer = new(_options.Lease / 4);
        while (await timer.WaitForNextTickAsync(_ending.Token))
        {
            try
            {
                await _client!.GetStatisticsAsync(_ending.Token);
            }
            catch (Exception error) when (error is IOException or ShardException)
            {
                _lost.TrySetException(new ProcessLostException($"The job lost a shard: {error.Message}", error));
                return;
            }
        }
    }

    WireEncoding Encoding => WireEncoding.DeltaKeys | (_options.BFloat16 ? WireEncoding.BFloat16 : WireEncoding.Plain);

    async Task StopShardsAsync(ShardDirectory directory)
    {
        using CancellationTokenSource limit = new(s_stopTimeout);
        try
        {
            await TaskJob.RunAsync(_session.Range(0, 1, 1, 1), "metaspore stop shards", new StopShardsCommand { Shards = directory }, barrier: false, limit.Token);
        }
#pragma warning disable CA1031 // What can't be stopped now ends with its lease; how the fit ended is more important.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _logger.LogWarning("The shards could not be stopped and end with their lease of {Minutes} min: {Reason}", (int)_options.Lease.TotalMinutes, error.Message);
        }
    }

    static JobSecrets MakeSecrets(bool tls)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        if (!tls) return new JobSecrets { Secret = secret };
        using var certificates = new JobCertificates();
        (string certificate, string key) = certificates.Issue([], [JobSecrets.ShardName]);
        return new JobSecrets { Secret = secret, Authority = certificates.Authority.ExportCertificatePem(), Certificate = certificate, Key = key };
    }
}
