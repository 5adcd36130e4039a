using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>A snapshot that a run continues from.</summary>
/// <param name="Checkpoint">The snapshot, its checksums verified.</param>
/// <param name="State">Where the run stood.</param>
/// <param name="Features">What the run has learned of its columns of numbers.</param>
sealed record ResumedRun(CheckpointReader Checkpoint, TrainingState State, FeatureState Features)
{
    /// <summary>Opens the newest complete snapshot of a job.</summary>
    /// <param name="options">Where snapshots are.</param>
    /// <param name="identity">What must be equal.</param>
    /// <param name="input">The files of the training rows; null: they were not in files.</param>
    /// <param name="messages">Told what was found.</param>
    /// <returns>The snapshot; null when there is none.</returns>
    /// <exception cref="BadInputException">The newest snapshot is damaged or belongs to another job, or to other rows.</exception>
    public static ResumedRun? TryOpen(CheckpointOptions? options, JobIdentity identity, InputFingerprint? input, List<string> messages)
    {
        CheckpointReader? reader = options is null ? null : new SnapshotStore(options.Path, options.Keep).OpenNewest();
        if (reader is null)
        {
            messages.Add($"There is no checkpoint in '{options?.Path}' to resume from: starting anew.");
            return null;
        }

        string path = reader.Directory;
        JobIdentity saved = reader.Manifest!.Section<JobIdentity>(Sections.Identity, SpecJson.Options)
            ?? throw new BadInputException($"The checkpoint '{path}' holds a model and not a run in progress; resume from a snapshot folder.");
        identity.MustEqual(saved, path);
        if (reader.Manifest.InputFingerprint is { } seen) input?.MustEqual(InputFingerprint.Parse(seen), path);
        TrainingState state = reader.Manifest.Section<TrainingState>(Sections.State, SpecJson.Options)
            ?? throw new BadInputException($"The checkpoint '{path}' has no training state; resume from a snapshot folder.");
        FeatureState features = reader.Manifest.Section<ModelDescription>(Sections.Model, SpecJson.Options)!.Ticket.FeatureState;
        messages.Add($"Resuming from '{path}': epoch {state.Epoch + 1}, step {state.NextSteps.Max()}.");
        return new ResumedRun(reader, state, features);
    }
}
