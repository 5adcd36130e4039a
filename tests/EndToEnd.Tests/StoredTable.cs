using System.Runtime.InteropServices;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>The rows of a saved model's float32 table, read from its one file.</summary>
static class StoredTable
{
    /// <summary>Weights, states and age of a row.</summary>
    public sealed record Row(float[] Weights, float[] States, int Age);

    public static Dictionary<ulong, Row> Read(string model, string table, int dimension)
    {
        using TableFileReader file = TableFileReader.Open(Path.Combine(model, $"{table}__sparse_0.dat"));
        ulong[] keys = new ulong[file.Count];
        byte[] bytes = new byte[file.Count * file.RowBytes];
        file.ReadKeys(0, keys);
        file.ReadRows(0, keys, bytes);
        var rows = new Dictionary<ulong, Row>();
        for (int i = 0; i < keys.Length; i++)
        {
            float[] values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(i * file.RowBytes, file.RowBytes)).ToArray();
            rows[keys[i]] = new(values[..dimension], values[dimension..^1], BitConverter.SingleToInt32Bits(values[^1]));
        }

        return rows;
    }
}
