using System.Security.Cryptography;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Wire;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>
/// Shards and workers as processes of this program on this machine, which talk over loopback. When one is lost, everything
/// that waits for it fails with a message that names it.
/// </summary>
sealed class ProcessEngine : IRunEngine
{
    static readonly TimeSpan s_lossTime = TimeSpan.FromSeconds(3);
    static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(2);

    readonly PreparedJob _job;
    readonly ClusterOptions _options;
    readonly ILogger _logger;
    readonly string _jobId = Guid.NewGuid().ToString("N");
    readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    readonly JobCertificates? _certificates;
    readonly List<ChildProcess> _shards = [];
    readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _ending = new();
    ProcessWorkerGroup? _workers;
    ParameterClient? _client;
    Task _watch = Task.CompletedTask;

    ProcessEngine(PreparedJob job, ClusterOptions options, ILogger logger)
    {
        _job = job;
        _options = options;
        _logger = logger;
        _certificates = options.Tls ? new JobCertificates() : null;
    }

    /// <inheritdoc/>
    public ParameterClient Client => _client!;

    /// <inheritdoc/>
    public IWorkerGroup Workers => _workers!;

    /// <inheritdoc/>
    public Task Lost => _lost.Task;

    /// <inheritdoc/>
    public CancellationToken Stopping => CancellationToken.None;

    /// <summary>Starts all processes and configures the shards.</summary>
    /// <exception cref="ProcessLostException">One of them did not come up.</exception>
    public static async Task<ProcessEngine> StartAsync(PreparedJob job, StoreLayout layout, ClusterOptions options, ILogger logger)
    {
        var engine = new ProcessEngine(job, options, logger);
        try
        {
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
    public async Task<Exception> ExplainAsync(Exception error)
    {
        if (error is BadInputException or ProcessLostException && !Lost.IsFaulted) return error;
        // What was seen first may be a broken connection; the end of the process behind it is seen a moment later.
        await Task.WhenAny(Lost, Task.Delay(s_lossTime));
        if (Lost.Exception?.GetBaseException() is { } lost) return lost;
        return IsBrokenWay(error) ? new ProcessLostException($"The job lost the way to a shard: {error.Message}", error) : error;
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> InitialDense()
    {
        JobTicket ticket = _job.Ticket;
        using SparseModel model = SparseModel.Create(ticket.Module, ticket.Defaults, ticket.Seed);
        return model.CopyDenseValues();
    }

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<Task<T>> train) => train();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_workers is not null) await _workers.DisposeAsync();
        if (_client is not null) await _client.DisposeAsync();
        await Task.WhenAll(_shards.Select(shard => shard.DisposeAsync().AsTask()));
        await _watch;
        _certificates?.Dispose();
        _ending.Dispose();
    }

    async Task StartAsync(StoreLayout layout)
    {
        Uri[] endpoints = await Task.WhenAll(Enumerable.Range(0, _job.Options.ServerCount).Select(StartShardAsync));
        ShardConnectionOptions connection = new()
        {
            JobId = _jobId,
            Secret = _secret,
            Authority = _certificates?.Authority,
            Encoding = Encoding,
        };
        GrpcShardChannel[] channels = [.. endpoints.Select(endpoint => new GrpcShardChannel(endpoint, connection))];
        _client = new ParameterClient(layout, channels);
        await _client.ConfigureAsync(CancellationToken.None);
        _workers = new ProcessWorkerGroup(_job.Ticket, channels[0]);
        for (int rank = 0; rank < _workers.Workers.Count; rank++) StartWorker(rank, layout, endpoints);
        _watch = WatchAsync();
        await Task.WhenAny(Task.WhenAll(_workers.Workers.Select(worker => worker.Ready)), Lost, Task.Delay(s_startTimeout));
        if (Lost.IsFaulted) await Lost;
        if (_workers.Workers.FirstOrDefault(worker => !worker.Ready.IsCompletedSuccessfully) is { } late)
            throw new ProcessLostException($"The job could not start: within {s_startTimeout.TotalSeconds} s {late.Process.DescribeEnd()}");
    }

    WireEncoding Encoding => WireEncoding.DeltaKeys | (_options.BFloat16 ? WireEncoding.BFloat16 : WireEncoding.Plain);

    async Task<Uri> StartShardAsync(int number)
    {
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        ChildProcess shard = ChildProcess.Start(
            $"shard {number}", ["serve-shard", "--assigned"], LogPath($"shard-{number}.log"),
            line => { if (JsonLine.TryRead<ShardReady>(line) is { } where) ready.TrySetResult(where.Endpoint); }, Log);
        lock (_shards) _shards.Add(shard);
        (string Certificate, string Key)? pem = _certificates?.Issue();
        shard.Send(JsonLine.Write(new ShardAssignment(_jobId, _secret, pem?.Certificate, pem?.Key, _options.ServerMemory)));
        Task first = await Task.WhenAny(ready.Task, shard.Exited, Task.Delay(s_startTimeout));
        return first == ready.Task ? await ready.Task : throw new ProcessLostException($"The job could not start: {shard.DescribeEnd()}");
    }

    void StartWorker(int rank, StoreLayout layout, Uri[] endpoints)
    {
        ProcessWorker worker = _workers!.Workers[rank];
        worker.Process = ChildProcess.Start($"worker {rank}", ["worker"], LogPath($"worker-{rank}.log"), worker.Receive, Log);
        Dictionary<string, DatasetSpec> scoring = [];
        foreach (RowsRole role in Enum.GetValues<RowsRole>())
            if (_job.TryRows(role) is { } rows) scoring[role.ToString()] = rows.Spec;
        worker.Process.Send(JsonLine.Write(new WorkerAssignment
        {
            Rank = rank,
            Ticket = _job.Ticket,
            Layout = layout,
            Shards = endpoints,
            JobId = _jobId,
            Secret = _secret,
            Authority = _certificates?.Authority.ExportCertificatePem(),
            Encoding = Encoding,
            Training = _job.Training.Spec,
            Plan = _job.ReadPlan(0),
            Scoring = scoring,
            ScoringPlan = _job.ScoringPlan,
            SnapshotSteps = _job.Options.Checkpoint?.EverySteps ?? 0,
        }));
    }

    // The first process that ends, or a worker that falls silent, is the loss; everything that waits for a worker fails with it.
    async Task WatchAsync()
    {
        ChildProcess[] all = [.. _shards, .. _workers!.Workers.Select(worker => worker.Process)];
        Task anyExited = Task.WhenAny(all.Select(process => process.Exited));
        while (!_ending.IsCancellationRequested && !anyExited.IsCompleted)
        {
            await Task.WhenAny(anyExited, Task.Delay(TimeSpan.FromSeconds(1), _ending.Token));
            foreach (ProcessWorker silent in _workers.Workers.Where(worker => worker.Silence > _options.SilenceTimeout && !_ending.IsCancellationRequested))
            {
                _logger.LogWarning("{Worker} gave no sign of life for {Seconds} s and is ended", silent.Process.Name, (int)silent.Silence.TotalSeconds);
                silent.Process.Kill();
            }
        }

        if (_ending.IsCancellationRequested) return;
        ChildProcess lost = all.First(process => process.Exited.IsCompleted);
        var error = new ProcessLostException($"The job lost a process: {lost.DescribeEnd()}");
        _lost.TrySetException(error);
        foreach (ProcessWorker worker in _workers.Workers) worker.Fail(error);
    }

    static bool IsBrokenWay(Exception error) => error is IOException or ShardException { InnerException: IOException };

    void Log(string line) => _logger.LogInformation("{Line}", line);

    // Processes write their logs to local files, whatever holds the model.
    string LogPath(string name) => Path.Combine(
        (StorageLocation.IsRemote(_job.ModelOutPath) ? Path.GetFullPath(StorageLocation.Parse(_job.ModelOutPath).Name) : _job.ModelOutPath) + ".logs", name);
}
