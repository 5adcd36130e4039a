using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Hashing;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Updaters;

namespace MetaSpore.Spark.EndToEnd.Tests.Equivalence;

/// <summary>A table of embeddings as a dictionary: rows are made when they are first asked for.</summary>
/// <param name="name">Its name, from which first weights are drawn.</param>
/// <param name="size">Elements of a vector (D).</param>
/// <param name="isMean">Whether a bag is averaged, else summed.</param>
/// <param name="columns">The features (F), single columns.</param>
/// <param name="updater">Updates rows.</param>
/// <param name="initializer">Gives first weights.</param>
/// <param name="seed">Seed of first weights.</param>
sealed class PlainTable(string name, int size, bool isMean, string[] columns, TensorUpdater updater, TensorInitializer initializer, ulong seed)
{
    readonly ColumnHash[] _hashes = [.. columns.Select(column => new ColumnHash(HashMode.XxHash3, column))];

    /// <summary>D weights, then k blocks of D states, by key.</summary>
    public Dictionary<ulong, float[]> Rows { get; } = [];

    /// <summary>Columns of the output: F·D.</summary>
    public int Width => columns.Length * size;

    /// <summary>The output of a batch, shape (B, F·D), row-major.</summary>
    public float[] Pool(MadeUpClick[] batch)
    {
        float[] output = new float[batch.Length * Width];
        ForEachValue(batch, (at, key, share) =>
        {
            float[] row = RowOf(key);
            for (int i = 0; i < size; i++) output[at + i] += row[i] * share;
        });
        return output;
    }

    /// <summary>Gradients of rows, from the gradient of the output.</summary>
    public Dictionary<ulong, float[]> Gradients(MadeUpClick[] batch, float[] outputGradient)
    {
        var gradients = new Dictionary<ulong, float[]>();
        ForEachValue(batch, (at, key, share) =>
        {
            if (!gradients.TryGetValue(key, out float[]? gradient)) gradients[key] = gradient = new float[size];
            for (int i = 0; i < size; i++) gradient[i] += outputGradient[at + i] * share;
        });
        return gradients;
    }

    /// <summary>Updates the rows of a batch.</summary>
    public void Apply(Dictionary<ulong, float[]> gradients, long number)
    {
        foreach ((ulong key, float[] gradient) in gradients) PlainUpdaters.Apply(updater, Rows[key], gradient, number);
    }

    void ForEachValue(MadeUpClick[] batch, Action<int, ulong, float> visit)
    {
        for (int b = 0; b < batch.Length; b++)
        {
            for (int f = 0; f < columns.Length; f++)
            {
                string[] values = batch[b].Texts[columns[f]];
                foreach (string value in values) visit((b * Width) + (f * size), _hashes[f].Key(value), isMean ? 1f / values.Length : 1);
            }
        }
    }

    // First weights are a pure function of (seed, table, key).
    float[] RowOf(ulong key)
    {
        if (Rows.TryGetValue(key, out float[]? row)) return row;
        ulong draw = name.Aggregate(seed, (folded, c) => CounterRandom.Combine(folded, c));
        Rows[key] = row = new float[size * (1 + updater.StatesPerParameter)];
        initializer.Fill(name, CounterRandom.Combine(draw, key), row.AsSpan(0, size));
        return row;
    }
}
