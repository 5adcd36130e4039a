using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>
/// The files of a whole dense tensor: <c>{name}__dense_data.dat</c> and, with a state, <c>{name}__dense_state.dat</c>. Raw
/// little-endian elements, row-major, no header; the state has k·d elements for each run of d along the last axis.
/// </summary>
static class DenseFiles
{
    /// <summary>The file of the weights.</summary>
    public static string Data(string name) => name + "__dense_data.dat";

    /// <summary>The file of the states.</summary>
    public static string State(string name) => name + "__dense_state.dat";

    /// <summary>Reads a file of a known length.</summary>
    /// <exception cref="BadInputException">It is missing or has another length.</exception>
    public static byte[] Read(string directory, string fileName, long length)
    {
        string path = StorageLocation.Join(directory, fileName);
        long? found = CheckpointFiles.LengthOf(path);
        if (found == length && CheckpointFiles.TryRead(path) is { } content) return content;
        throw new BadInputException(found is null
            ? $"'{path}' is missing: restore it from a copy of the checkpoint"
            : $"'{path}': expected {length} bytes, found {found}: it is {(found < length ? "cut off" : "damaged")}; restore it from a copy");
    }
}
