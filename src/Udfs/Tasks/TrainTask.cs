using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Spark;
using MetaSpore.Spark.Udfs.Workers;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>See <see cref="TrainCommand"/>.</summary>
sealed class TrainTask(TrainCommand command, ExecutorShards shards) : ISparkTask
{
    static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(SparkTaskContext context, SparkTaskInput input)
    {
        int rank = context.PartitionId;
        if (rank >= command.Ticket.WorkerCount)
            throw new BadInputException($"Spark started task {rank} of a job of {command.Ticket.WorkerCount} workers; the rows were not repartitioned.");
        using var client = new ShardClient(command.Shards, context, shards);
        using WorkerCompanion? companion = command.Companion?.Create();
        using var worker = new WorkerSession(command.Ticket, rank, companion is null ? null : companion.Wrap);
        worker.Connect(client.Store);
        if (rank < command.States.Count) worker.Progress.Load(command.States[rank]);
        var notes = new WorkerNotes(command.Notes, rank);
        var schedule = new MarkerSchedule(command.SnapshotSteps, () => client.StopStep, (snapshot, _, state) => notes.WriteState(snapshot, state));
        TaskRowSource rows = TaskRowSource.Open(input.Schema, input.Read, command.Rows, rank);
        long first = command.FirstSteps[rank];
        bool reachedEnd;
        using (new Timer(_ => Beat(worker, notes, context.Log), null, s_beat, s_beat))
        {
            worker.Start();
            companion?.Start(worker, client.Store, client.Mailbox, context.Log, context.Cancellation);
            reachedEnd = worker.TrainEpoch(
                rows.Batches(command.BatchSize, first, context.Cancellation), command.Epoch, first, schedule, context.Cancellation);
            companion?.Stop();
            worker.Stop();
        }

        return [TaskResult.OfData(rank, new TrainResult(reachedEnd, worker.Progress.Save()))];
    }

    // What the driver shows while the task runs. A folder that can't be written ends the task at its next snapshot, not here.
    static void Beat(WorkerSession worker, WorkerNotes notes, ILogger log)
    {
        try
        {
            notes.WriteProgress(worker.Progress.Save());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            log.LogDebug(error, "The progress of worker {Rank} could not be written", worker.Rank);
        }
    }
}
