using System.Text.Json;
using Google.Protobuf;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Storage;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>Control messages and what they stand for.</summary>
static class ControlMessages
{
    /// <summary>A layout as bytes: JSON with closed sets of updaters and initialisers.</summary>
    public static ByteString Write(StoreLayout layout) => UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(layout));

    /// <summary>Reads a layout and checks it.</summary>
    /// <exception cref="BadInputException">The bytes are no layout, or one that no shard can hold.</exception>
    public static StoreLayout ReadLayout(ByteString bytes)
    {
        try
        {
            StoreLayout layout = JsonSerializer.Deserialize<StoreLayout>(bytes.Span) ?? throw new BadInputException("the layout is empty");
            StoreLayoutCheck.Check(layout);
            return layout;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or ArgumentException)
        {
            throw new BadInputException($"the layout can't be read: {error.Message}", error);
        }
    }

    /// <summary>A dense slice as a message.</summary>
    public static DenseValues ToMessage(this DenseSlice slice)
    {
        DenseValues message = new() { Tensor = slice.Tensor, Values = UnsafeByteOperations.UnsafeWrap(slice.Values) };
        if (slice.States is { } states) message.States = UnsafeByteOperations.UnsafeWrap(states);
        return message;
    }

    /// <summary>A dense slice from a message.</summary>
    public static DenseSlice ToSlice(this DenseValues message) =>
        new(message.Tensor, message.Values.ToByteArray(), message.HasStates ? message.States.ToByteArray() : null);

    /// <summary>A load as a message.</summary>
    public static TableFiles ToMessage(this TableLoad load)
    {
        TableFiles message = new() { Table = load.Table, DataOnly = load.DataOnly, SkipExisting = load.SkipExisting, HashMode = (int)load.HashMode, KeepAges = load.KeepAges, PartCount = load.PartCount };
        message.Paths.AddRange(load.Paths);
        message.RemovedPaths.AddRange(load.RemovedPaths ?? []);
        if (load.AppliedSteps is { } steps) message.AppliedSteps = steps;
        if (load.TransformKeyColumn is { } column) message.TransformKeyColumn = column;
        return message;
    }

    /// <summary>A load from a message.</summary>
    public static TableLoad ToLoad(this TableFiles message) => new(
        message.Table,
        [.. message.Paths],
        message.HasAppliedSteps ? message.AppliedSteps : null,
        message.DataOnly,
        message.SkipExisting,
        message.HasTransformKeyColumn ? message.TransformKeyColumn : null,
        Enum.IsDefined((HashMode)message.HashMode)
            ? (HashMode)message.HashMode
            : throw new BadInputException($"hash mode {message.HashMode} is asked for; this build has {string.Join(", ", Enum.GetValues<HashMode>().Select(m => $"{(int)m} ({m})"))}"),
        message.KeepAges,
        [.. message.RemovedPaths],
        message.PartCount);

    /// <summary>A request for a snapshot as a message; the folder as a full path.</summary>
    public static Snapshot ToMessage(this SnapshotRequest request) => new()
    {
        Id = request.SnapshotId,
        Directory = StorageLocation.Normalize(request.Directory),
        Mark = ByteString.CopyFrom(request.Mark.ToByteArray()),
        Since = ByteString.CopyFrom(request.Since.ToByteArray()),
    };

    /// <summary>A request for a snapshot from a message.</summary>
    public static SnapshotRequest ToRequest(this Snapshot message) =>
        new(message.Id, message.Directory, ReadMark(message.Mark), ReadMark(message.Since));

    /// <summary>A shard's snapshot as a message.</summary>
    public static SavedSnapshot ToMessage(this ShardSnapshot snapshot)
    {
        SavedSnapshot message = new() { Epoch = snapshot.Epoch, AppliedSteps = snapshot.AppliedSteps };
        message.Files.AddRange(snapshot.Files.Select(f => new SavedFile { Name = f.Name, Length = f.Length, Xxh3 = f.XxHash3 }));
        message.Dense.AddRange(snapshot.Dense.Select(ToMessage));
        message.NextSteps.AddRange(snapshot.NextSteps);
        message.Ended.AddRange(snapshot.Ended);
        return message;
    }

    /// <summary>A shard's snapshot from a message.</summary>
    public static ShardSnapshot ToSnapshot(this SavedSnapshot message) => new(
        [.. message.Files.Select(f => new CheckpointFile(f.Name, f.Length, f.Xxh3))],
        [.. message.Dense.Select(ToSlice)],
        message.Epoch,
        [.. message.NextSteps],
        [.. message.Ended],
        message.AppliedSteps);

    static Guid ReadMark(ByteString mark) => mark.Length is 0 or 16
        ? mark.IsEmpty ? default : new Guid(mark.Span)
        : throw new BadInputException($"a snapshot's mark has {mark.Length} bytes; expected 16, or none");

    /// <summary>A pruning as a message.</summary>
    public static Pruning ToMessage(this PruneRequest request)
    {
        Pruning message = new() { Table = request.Table, All = request.All };
        if (request.MaxAge is { } age) message.MaxAge = age;
        if (request.Epsilon is { } epsilon) message.Epsilon = epsilon;
        return message;
    }

    /// <summary>A pruning from a message.</summary>
    public static PruneRequest ToRequest(this Pruning message) =>
        new(message.Table, message.HasMaxAge ? message.MaxAge : null, message.HasEpsilon ? message.Epsilon : null, message.All);
}
