using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>
/// The time that a shard lives without a call. At its end the shard writes its rows when it was given a folder, then asks to be
/// stopped; a call that comes meanwhile renews the lease.
/// </summary>
sealed partial class ShardLease : IAsyncDisposable
{
    readonly HostedShard _shard;
    readonly TimeSpan _length;
    readonly TaskCompletionSource _stopRequested;
    readonly ILogger _logger;
    readonly ITimer _timer;
    readonly Lock _lock = new();
    Task _end = Task.CompletedTask;

    /// <summary>Begins the lease.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="length">The time without a call.</param>
    /// <param name="stopRequested">Completed at the end; fails when the rows can't be written.</param>
    /// <param name="logger">Told what became of the rows.</param>
    public ShardLease(HostedShard shard, TimeSpan length, TaskCompletionSource stopRequested, ILogger logger)
    {
        _shard = shard;
        _length = length;
        _stopRequested = stopRequested;
        _logger = logger;
        TimeSpan period = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, length.Ticks / 4));
        _timer = shard.Options.Shard.TimeProvider.CreateTimer(_ => Check(), null, period, period);
    }

    /// <summary>Completes when nothing is being written.</summary>
    public Task Writing
    {
        get
        {
            lock (_lock) return _end;
        }
    }

    /// <summary>What became of the rows; null before the end.</summary>
    public string? Report { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await Writing;
    }

    void Check()
    {
        lock (_lock)
        {
            if (_shard.Idle < _length || !_end.IsCompleted || _stopRequested.Task.IsCompleted) return;
            _end = EndAsync();
        }
    }

    async Task EndAsync()
    {
        string report = $"Nobody called the shard for {_length.TotalMinutes.ToString(CultureInfo.InvariantCulture)} minutes: its lease is over. ";
        if (_shard.Layout is not { } layout)
        {
            report += "It held nothing.";
        }
        else if (_shard.Options.LeaseSnapshotFolder is not { } folder)
        {
            report += "What it held is dropped: no folder for its rows was given.";
        }
        else
        {
            try
            {
                report += $"Its rows are in '{await WriteAsync(layout, folder)}'.";
                if (_shard.Idle < _length) return;
            }
            catch (OperationCanceledException) when (_shard.Stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is BadInputException or IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                LogLoss(_logger, report, error);
                _stopRequested.TrySetException(new BadInputException($"{report}Its rows could not be written: {error.Message}", error));
                return;
            }
        }

        Report = report;
        LogEnd(_logger, report);
        _stopRequested.TrySetResult();
    }

    async Task<string> WriteAsync(StoreLayout layout, string folder)
    {
        string directory = StorageLocation.Join(StorageLocation.Normalize(folder), $"lease-{layout.RunId:N}-g{layout.Generation}-shard-{_shard.Number}");
        await CheckpointWriter.SavePartAsync(
            directory,
            new ParameterClient(layout, [_shard.Channel]),
            _shard.ShardCount,
            new CheckpointDescription { HashMode = layout.HashMode },
            _shard.Stopping.Token);
        return directory;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Report}")]
    static partial void LogEnd(ILogger logger, string report);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Report}Its rows could not be written")]
    static partial void LogLoss(ILogger logger, string report, Exception error);
}
