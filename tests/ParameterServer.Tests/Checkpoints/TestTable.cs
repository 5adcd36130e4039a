using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;

namespace MetaSpore.Spark.ParameterServer.Tests.Checkpoints;

/// <summary>Tables and rows for tests of files.</summary>
static class TestTable
{
    public static SparseTableSpec Spec(string name, int dimension, int states, ElementType type = ElementType.Float32, bool text = false) => new()
    {
        Name = name,
        Dimension = dimension,
        ElementType = type,
        SaveAsText = text,
        Updater = new CountedStates(states),
        Initializer = new NoInitializer(),
    };

    /// <summary>Opens a table's file as its format and gives all rows.</summary>
    public static List<(ulong Key, double[] Data, double[] State, int Age)> ReadAll(TableRowStream stream, SparseTableSpec spec, bool dataOnly = false, int block = 7)
    {
        List<(ulong, double[], double[], int)> rows = [];
        int states = dataOnly ? 0 : spec.Updater.StatesPerParameter;
        int size = spec.ElementType == ElementType.Float64 ? 8 : 4;
        ulong[] keys = new ulong[block];
        byte[] values = new byte[block * stream.ValueBytes];
        int[] ages = new int[block];
        for (int n = stream.Read(keys, values, ages); n > 0; n = stream.Read(keys, values, ages))
        {
            for (int i = 0; i < n; i++)
            {
                double[] all = [.. Enumerable.Range(0, spec.Dimension * (1 + states)).Select(j => size == 8
                    ? BitConverter.ToDouble(values, (i * stream.ValueBytes) + (j * 8))
                    : BitConverter.ToSingle(values, (i * stream.ValueBytes) + (j * 4)))];
                rows.Add((keys[i], all[..spec.Dimension], all[spec.Dimension..], ages[i]));
            }
        }

        return rows;
    }
}

/// <summary>Rows in memory.</summary>
sealed class MemoryRows(int rowBytes, IReadOnlyList<(ulong Key, byte[] Row)> rows) : ITableRows
{
    public long Count => rows.Count;

    public int RowBytes => rowBytes;

    public void ReadKeys(long start, Span<ulong> keys)
    {
        for (int i = 0; i < keys.Length; i++) keys[i] = rows[(int)start + i].Key;
    }

    public void ReadRows(long start, ReadOnlySpan<ulong> keys, Span<byte> target)
    {
        for (int i = 0; i < keys.Length; i++) rows[(int)start + i].Row.CopyTo(target[(i * rowBytes)..]);
    }
}

/// <summary>An updater of which only the number of states matters.</summary>
sealed record CountedStates(int States) : TensorUpdater
{
    public override int StatesPerParameter => States;

    public override StepUpdate<T> At<T>(in UpdateStep step) => new NoOpTensorUpdater().At<T>(step);

    public override IEnumerable<string> Validate() => [];
}

/// <summary>Leaves rows as they are.</summary>
sealed record NoInitializer : TensorInitializer
{
    public override void Fill(string name, ulong seed, Span<float> row) { }

    public override void Fill(string name, ulong seed, Span<double> row) { }

    public override IEnumerable<string> Validate() => [];
}

/// <summary>A folder for one test, deleted with it.</summary>
sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("checkpoints-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
