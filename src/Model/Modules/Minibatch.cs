using Apache.Arrow;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Modules;

/// <summary>What a module's forward receives: the rows of one step. Embedding operators and casts are already loaded.</summary>
/// <param name="BatchSize">Rows (B).</param>
/// <param name="Columns">The Arrow rows as read (after preprocessing), for modules that want more than their operators.</param>
/// <param name="Labels">Shape (B, 1), float32; null when the rows have no label.</param>
/// <param name="Training">Whether a backward pass follows.</param>
/// <param name="Seed">
/// A function of (seed, epoch, partition, step) for everything random in the step; layers draw from it and never from
/// generator state, so that a restarted run repeats them.
/// </param>
public sealed record Minibatch(int BatchSize, RecordBatch? Columns, Tensor? Labels, bool Training, ulong Seed);
