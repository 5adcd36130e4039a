using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Metrics;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Steps;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>
/// A worker as a process: its assignment and commands come as lines on standard input, events go as lines to standard output.
/// The end of the input means that whoever started it is gone, and ends it.
/// </summary>
public sealed class WorkerProcess : IAsyncDisposable
{
    const int MaxLiveState = 64 << 10;

    static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(500);

    readonly WorkerAssignment _assignment;
    readonly TextWriter _output;
    readonly GrpcShardChannel[] _channels;
    readonly ParameterClient _client;
    readonly WorkerSession _session;
    readonly DatasetReader _training;
    readonly BlockingCollection<WorkerCommand> _commands = [];
    readonly Lock _outputLock = new();
    readonly Lock _epochLock = new();
    CancellationTokenSource? _epoch;
    bool _isLost;

    WorkerProcess(WorkerAssignment assignment, TextWriter output)
    {
        _assignment = assignment;
        _output = output;
        var connection = new ShardConnectionOptions
        {
            JobId = assignment.JobId,
            Secret = assignment.Secret,
            Encoding = assignment.Encoding,
            Authority = assignment.Authority is { } pem ? X509Certificate2.CreateFromPem(pem) : null,
        };
        _channels = [.. assignment.Shards.Select(endpoint => new GrpcShardChannel(endpoint, connection))];
        for (int s = 0; s < _channels.Length; s++) _channels[s].Attach(assignment.Layout, s, _channels.Length);
        _client = new ParameterClient(assignment.Layout, _channels);
        _session = new WorkerSession(assignment.Ticket, assignment.Rank);
        _session.Connect(_client);
        _training = DatasetReader.Open(assignment.Training);
    }

    /// <summary>Works until the input ends. The calling thread does the computing.</summary>
    /// <param name="input">Assignment, then commands.</param>
    /// <param name="output">Receives events.</param>
    /// <exception cref="BadInputException">The assignment can't be carried out, or a line can't be read.</exception>
    public static async Task RunAsync(TextReader input, TextWriter output)
    {
        WorkerAssignment assignment = WorkerAssignment.FromLine(await input.ReadLineAsync());
        await using var worker = new WorkerProcess(assignment, output);
        Task reading = Task.Run(() => worker.ReadAsync(input));
        await using var beat = new Timer(_ => worker.Beat(), null, s_beat, s_beat);
        worker.Send(new WorkerEvent(WorkerEventKind.Ready));
        var thread = new Thread(worker.Work) { Name = $"metaspore-worker-{assignment.Rank}" };
        thread.Start();
        thread.Join();
        await reading;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _client.DisposeAsync();
        _commands.Dispose();
        _epoch?.Dispose();
    }

    // However the reading ends, so does the work: nobody could tell the worker to stop any more.
    async Task ReadAsync(TextReader input)
    {
        try
        {
            while (await input.ReadLineAsync() is { } line)
            {
                WorkerCommand command = JsonLine.Read<WorkerCommand>(line, "worker's command", "The worker got an empty command.");
                if (command.Kind == WorkerCommandKind.Cancel) Cancel();
                else _commands.Add(command);
            }
        }
        finally
        {
            _commands.CompleteAdding();
            lock (_epochLock) _isLost = true;
            Cancel();
        }
    }

    void Work()
    {
        foreach (WorkerCommand command in _commands.GetConsumingEnumerable())
        {
            CancellationToken cancellation = Begin();
            try
            {
                Send(Execute(command, cancellation));
            }
#pragma warning disable CA1031 // Whoever gave the command learns of every failure.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Send(new WorkerEvent(WorkerEventKind.Failed, Error: error.Message, Problem: ProblemOf(error)));
            }
        }
    }

    WorkerEvent Execute(WorkerCommand command, CancellationToken cancellation)
    {
        switch (command.Kind)
        {
            case WorkerCommandKind.Train:
                return Train(command, cancellation);
            case WorkerCommandKind.Score:
                return Score(command.Rows!, cancellation);
            case WorkerCommandKind.Start:
                _session.Start();
                break;
            case WorkerCommandKind.Stop:
                _session.Stop();
                break;
        }

        return new WorkerEvent(WorkerEventKind.Done);
    }

    WorkerEvent Train(WorkerCommand command, CancellationToken cancellation)
    {
        _session.Progress.Load(command.State);
        var schedule = new MarkerSchedule(
            _assignment.SnapshotSteps,
            () => _channels[0].StopStep,
            (snapshot, nextStep, reached) => Send(new WorkerEvent(WorkerEventKind.State, snapshot, nextStep, reached)));
        ReadPlan plan = _assignment.Plan with { Epoch = command.Epoch };
        bool reachedEnd = _session.TrainEpoch(
            _training.Read(plan, _assignment.Rank, command.FirstStep, cancellation), command.Epoch, command.FirstStep, schedule, cancellation);
        return new WorkerEvent(WorkerEventKind.Trained, State: _session.Progress.Save(), ReachedEnd: reachedEnd);
    }

    WorkerEvent Score(string rows, CancellationToken cancellation)
    {
        DatasetReader reader = DatasetReader.Open(_assignment.Scoring[rows]);
        ModelMetric metric = _session.Evaluate(reader.Read(_assignment.ScoringPlan, 0, 0, cancellation), null, cancellation);
        return new WorkerEvent(WorkerEventKind.Scored, State: metric.GetState());
    }

    CancellationToken Begin()
    {
        lock (_epochLock)
        {
            _epoch?.Dispose();
            _epoch = new CancellationTokenSource();
            if (_isLost) _epoch.Cancel();
            return _epoch.Token;
        }
    }

    void Cancel()
    {
        lock (_epochLock) _epoch?.Cancel();
    }

    void Beat()
    {
        byte[] state = _session.Progress.Save();
        Send(new WorkerEvent(WorkerEventKind.Progress, State: state.Length <= MaxLiveState ? state : state[..WorkerProgress.CountsLength]));
    }

    void Send(WorkerEvent what)
    {
        string line = JsonLine.Write(what);
        lock (_outputLock)
        {
            try
            {
                _output.WriteLine(line);
                _output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more: the input has ended too, and that ends the worker.
            }
        }
    }

    static WorkerProblem ProblemOf(Exception error) => error switch
    {
        BadInputException => WorkerProblem.BadInput,
        OperationCanceledException => WorkerProblem.Cancelled,
        FencedException or IOException => WorkerProblem.Unreachable,
        ShardException { InnerException: IOException } => WorkerProblem.Unreachable,
        _ => WorkerProblem.Failure,
    };
}
