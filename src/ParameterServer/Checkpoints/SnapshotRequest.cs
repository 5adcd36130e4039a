using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Asks a shard to write its tables.</summary>
/// <param name="SnapshotId">Number of the snapshot that markers name; 0 for a save at rest.</param>
/// <param name="Directory">
/// Existing folder, or address on remote storage, that receives <c>{table}__sparse_{shard}.dat</c>, and <c>{table}__removed_{shard}.dat</c> of a delta.
/// </param>
/// <param name="Mark">
/// Names this moment: what changes from now on is remembered, for a later request that gives it as its <paramref name="Since"/>.
/// The default: no mark is set, and older ones stay.
/// </param>
/// <param name="Since">
/// The mark of the last published snapshot: of every table only the rows that came or changed since then are written, and the
/// keys that were removed. A table that does not know them (another shard, too many of them, aged rows, text) is written whole,
/// without a file of removed keys. The default: every table is written whole.
/// </param>
public sealed record SnapshotRequest(long SnapshotId, string Directory, Guid Mark = default, Guid Since = default);

/// <summary>What a shard wrote, and what it holds besides tables at the same moment.</summary>
/// <param name="Files">Every file written, flushed to the disk.</param>
/// <param name="Dense">This shard's rows of every dense tensor, with states.</param>
/// <param name="Epoch">Epoch of the steps.</param>
/// <param name="NextSteps">By partition: the next step that it will push.</param>
/// <param name="Ended">By partition: whether it has ended.</param>
/// <param name="AppliedSteps">Updates applied since training began.</param>
public sealed record ShardSnapshot(
    IReadOnlyList<CheckpointFile> Files,
    IReadOnlyList<DenseSlice> Dense,
    int Epoch,
    IReadOnlyList<long> NextSteps,
    IReadOnlyList<bool> Ended,
    long AppliedSteps);

/// <summary>One file of a checkpoint.</summary>
/// <param name="Name">File name within the checkpoint's folder.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="XxHash3">XxHash3 (64 bits, seed 0) of the content, 16 lower-case hex digits.</param>
public sealed record CheckpointFile(string Name, long Length, string XxHash3);

/// <summary>
/// Asks a shard to read its keys of one table from files. Files named <c>{table}__sparse_{i}.dat</c>, as many as there are
/// shards, hold one shard's keys each: a shard then reads its own only.
/// </summary>
/// <param name="Table">Index in the layout; −1 for none, to take over <paramref name="AppliedSteps"/> alone.</param>
/// <param name="Paths">The table's files, of all shards that wrote them, in shard order; full paths or addresses.</param>
/// <param name="AppliedSteps">
/// The updates that the files' states have seen, from which the shard counts on; null when unknown. Not used with
/// <paramref name="DataOnly"/>.
/// </param>
/// <param name="DataOnly">Take weights only; states become 0, and ages without <paramref name="KeepAges"/>.</param>
/// <param name="SkipExisting">Keep rows that are already present.</param>
/// <param name="TransformKeyColumn">
/// For text files: keys are values of this column, to be hashed with <paramref name="HashMode"/>; null: keys are numbers.
/// </param>
/// <param name="HashMode">Hash mode for <paramref name="TransformKeyColumn"/>.</param>
/// <param name="KeepAges">With <paramref name="DataOnly"/>: take the ages too, where the files have them.</param>
/// <param name="RemovedPaths">Files of keys to be dropped before the rows are read; full paths or addresses; null for none.</param>
/// <param name="PartCount">
/// Number of shards that wrote the table, when <paramref name="Paths"/> may name only some of their files; 0: they are all.
/// </param>
public sealed record TableLoad(
    int Table,
    IReadOnlyList<string> Paths,
    long? AppliedSteps = null,
    bool DataOnly = false,
    bool SkipExisting = false,
    string? TransformKeyColumn = null,
    Model.Columns.HashMode HashMode = Model.Columns.HashMode.XxHash3,
    bool KeepAges = false,
    IReadOnlyList<string>? RemovedPaths = null,
    int PartCount = 0);
