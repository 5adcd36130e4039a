namespace MetaSpore.Spark.ParameterServer.Tests.Conformance;

/// <summary>A table as a dictionary of small objects.</summary>
public sealed class TableOracle(int dimension, Func<ulong, float[]>? initial)
{
    readonly Dictionary<ulong, Row> _rows = [];

    public int Dimension => dimension;

    /// <summary>The first weights of a key; null when they must be learnt from a pull.</summary>
    public Func<ulong, float[]>? Initial => initial;

    public int Count => _rows.Count;

    /// <summary>Creates missing rows with what a pull gave and checks the others.</summary>
    public void Learn(ulong[] keys, float[] pulled)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            float[] row = pulled[(i * dimension)..((i + 1) * dimension)];
            if (keys[i] == 0) Xunit.Assert.All(row, value => Xunit.Assert.Equal(0, value));
            else if (_rows.TryGetValue(keys[i], out Row? known)) Xunit.Assert.Equal(known.Weights, row);
            else _rows[keys[i]] = new Row(initial?.Invoke(keys[i]) ?? row);
            if (keys[i] != 0) Xunit.Assert.Equal(_rows[keys[i]].Weights, row);
        }
    }

    public float[] Read(ulong[] keys, float filler) =>
        [.. keys.SelectMany(k => _rows.TryGetValue(k, out Row? row) ? row.Weights : Enumerable.Repeat(k == 0 ? 0 : filler, dimension))];

    public void Write(ulong[] keys, float[] values) => Touch(keys, (row, at) =>
    {
        for (int j = 0; j < dimension; j++) row.Weights[j] = values[at + j];
    });

    public void Sgd(ulong[] keys, float[] gradients, float rate) => Touch(keys, (row, at) =>
    {
        for (int j = 0; j < dimension; j++) row.Weights[j] -= rate * gradients[at + j];
    });

    public void Momentum(ulong[] keys, float[] gradients, float rate) => Touch(keys, (row, at) =>
    {
        for (int j = 0; j < dimension; j++)
        {
            row.Sums[j] += gradients[at + j];
            row.Weights[j] -= rate * row.Sums[j];
        }
    });

    public long PruneOld(int maxAge)
    {
        foreach (Row row in _rows.Values) row.Age++;
        ulong[] old = [.. from pair in _rows where pair.Value.Age > maxAge select pair.Key];
        foreach (ulong key in old) _rows.Remove(key);
        return old.Length;
    }

    void Touch(ulong[] keys, Action<Row, int> change)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0) continue;
            if (!_rows.TryGetValue(keys[i], out Row? row)) _rows[keys[i]] = row = new Row(initial?.Invoke(keys[i]) ?? new float[dimension]);
            row.Age = 0;
            change(row, i * dimension);
        }
    }

    sealed class Row(float[] weights)
    {
        public float[] Weights { get; } = weights;

        public float[] Sums { get; } = new float[weights.Length];

        public int Age { get; set; }
    }
}
