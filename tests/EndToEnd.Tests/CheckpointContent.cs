using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace MetaSpore.Spark.EndToEnd.Tests;

/// <summary>
/// The numbers of a checkpoint folder, read by a second, plain reader of the documented layout (float32 only), and their
/// comparison.
/// </summary>
static class CheckpointContent
{
    /// <summary>A row: weights and updater states, and the age.</summary>
    public readonly record struct Row(float[] Values, int Age);

    /// <summary>The rows of a table over all its shard files, without the padding's key 0.</summary>
    public static SortedDictionary<ulong, Row> Rows(string folder, string table)
    {
        var rows = new SortedDictionary<ulong, Row>();
        foreach (string path in Directory.EnumerateFiles(folder, $"{table}__sparse_*.dat"))
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes[0] == 0x89) ReadBinary(bytes, rows);
            else ReadText(File.ReadLines(path), rows);
        }

        rows.Remove(0);
        return rows;
    }

    /// <summary>The names of the tables.</summary>
    public static string[] Tables(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*__sparse_meta.json").Select(path => Path.GetFileName(path).Replace("__sparse_meta.json", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The dense tensors and their states by file name.</summary>
    public static SortedDictionary<string, float[]> Dense(string folder) => new(
        Directory.EnumerateFiles(folder, "*__dense_*.dat").ToDictionary(
            path => Path.GetFileName(path), path => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray()),
        StringComparer.Ordinal);

    /// <summary>Asserts that two folders hold the same tables, keys, ages and tensors, and numbers that are close.</summary>
    /// <returns>The largest difference.</returns>
    public static double AssertClose(string expected, string actual, double tolerance)
    {
        double largest = 0;
        Assert.Equal(Tables(expected), Tables(actual));
        foreach (string table in Tables(expected))
        {
            SortedDictionary<ulong, Row> rows = Rows(expected, table), found = Rows(actual, table);
            Assert.Equal(rows.Keys, found.Keys);
            foreach ((ulong key, Row row) in rows)
            {
                Assert.True(row.Age == found[key].Age, $"table {table}, key {key}: expected age {row.Age}, found {found[key].Age}");
                largest = Math.Max(largest, AssertClose(row.Values, found[key].Values, tolerance, $"table {table}, key {key}"));
            }
        }

        SortedDictionary<string, float[]> dense = Dense(expected), foundDense = Dense(actual);
        Assert.Equal(dense.Keys, foundDense.Keys);
        foreach ((string file, float[] values) in dense)
            largest = Math.Max(largest, AssertClose(values, foundDense[file], tolerance, file));
        return largest;
    }

    /// <summary>Asserts that numbers are close; two NaN are.</summary>
    /// <returns>The largest difference.</returns>
    public static double AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string where)
    {
        Assert.True(expected.Length == actual.Length, $"{where}: expected {expected.Length} numbers, found {actual.Length}");
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (float.IsNaN(expected[i]) && float.IsNaN(actual[i])) continue;
            double difference = Math.Abs((double)expected[i] - actual[i]);
            Assert.True(difference <= tolerance, $"{where}, number {i}: expected {expected[i]:R}, found {actual[i]:R}");
            largest = Math.Max(largest, difference);
        }

        return largest;
    }

    static void ReadBinary(byte[] bytes, SortedDictionary<ulong, Row> rows)
    {
        const int HeaderBytes = 96;
        int count = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(64));
        int rowBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(88));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> row = bytes.AsSpan(HeaderBytes + (count * sizeof(ulong)) + (i * rowBytes), rowBytes);
            ulong key = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(HeaderBytes + (i * sizeof(ulong))));
            rows.Add(key, new Row(MemoryMarshal.Cast<byte, float>(row[..^4]).ToArray(), BinaryPrimitives.ReadInt32LittleEndian(row[^4..])));
        }
    }

    static void ReadText(IEnumerable<string> lines, SortedDictionary<ulong, Row> rows)
    {
        foreach (string line in lines)
        {
            string[] cells = line.Split('\t', '|');
            float[] values = [.. cells[1..3].SelectMany(cell => cell.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(cell => float.Parse(cell, CultureInfo.InvariantCulture))];
            rows.Add(ulong.Parse(cells[0], CultureInfo.InvariantCulture), new Row(values, int.Parse(cells[3], CultureInfo.InvariantCulture)));
        }
    }
}
