using System.Globalization;

namespace MetaSpore.Spark.Model.Metrics;

/// <summary>
/// What is measured while rows are trained or scored. Workers accumulate batches, their metrics are merged, and the state
/// travels in snapshots. Derive from it to write a metric of your own; its only constructor takes one JSON-serialisable
/// options object (or nothing), so that every worker can build its own copy. Not thread-safe.
/// </summary>
public abstract class ModelMetric
{
    /// <summary>Rows accumulated.</summary>
    public long InstanceCount { get; private set; }

    /// <summary>Adds a batch.</summary>
    /// <param name="predictions">Shape (B).</param>
    /// <param name="labels">Shape (B).</param>
    /// <param name="batchLoss">Mean loss of the batch; NaN when there is none.</param>
    /// <param name="weights">Shape (B), at least 0; empty: every row weighs 1.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Accumulate(
        ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels, double batchLoss, ReadOnlySpan<float> weights = default)
    {
        if (labels.Length != predictions.Length || (weights.Length != 0 && weights.Length != predictions.Length))
        {
            throw new ArgumentException(
                $"{predictions.Length} predictions need as many labels, and as many weights or none; found {labels.Length} and {weights.Length}");
        }

        if (predictions.IsEmpty) return;
        InstanceCount += predictions.Length;
        Add(predictions, labels, batchLoss, weights);
    }

    /// <summary>Adds what another metric has accumulated; any order and grouping of merges gives the same result.</summary>
    /// <param name="other">A metric of the same type and options; not changed.</param>
    /// <exception cref="ArgumentException">Another type, or options that don't fit.</exception>
    public void Merge(ModelMetric other)
    {
        if (other.GetType() != GetType()) throw new ArgumentException($"a {GetType().Name} can't take in a {other.GetType().Name}", nameof(other));
        Add(other);
        InstanceCount += other.InstanceCount;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        InstanceCount = 0;
        Reset();
    }

    /// <summary>The state as bytes.</summary>
    public byte[] GetState()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(InstanceCount);
        Write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Replaces the state by one that <see cref="GetState"/> of a metric of the same type and options gave.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such state; the metric must be cleared or set again.</exception>
    public void SetState(ReadOnlySpan<byte> state)
    {
        using var stream = new MemoryStream(state.ToArray());
        using var reader = new BinaryReader(stream);
        Clear();
        try
        {
            InstanceCount = reader.ReadInt64();
            Read(reader);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"the state of a {GetType().Name} ends after {state.Length} bytes; more were expected", e);
        }

        if (stream.Position != state.Length)
            throw new InvalidDataException($"the state of a {GetType().Name} has {state.Length} bytes; {stream.Position} were expected");
    }

    /// <summary>The values by name, such as <c>auc</c>, in the order in which to show them; NaN where undefined.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, double>> Compute();

    /// <summary>One line: every value, with Δ the value of the rows since the previous report, and the number of rows.</summary>
    /// <param name="delta">The metric of the rows since the previous report; of the same type.</param>
    public virtual string Format(ModelMetric delta)
    {
        Dictionary<string, double> recent = delta.Compute().ToDictionary(StringComparer.Ordinal);
        IEnumerable<string> values = Compute().Select(
            value => $"{value.Key}: {Text(value.Value)}, Δ{value.Key}: {Text(recent.GetValueOrDefault(value.Key, double.NaN))}");
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", values)}, #instance: {InstanceCount}");
    }

    /// <summary>The values and the number of rows on one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{string.Join(", ", Compute().Select(value => $"{value.Key}: {Text(value.Value)}"))}, #instance: {InstanceCount}");

    /// <summary>A value with six decimals.</summary>
    protected static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>Adds a batch of at least one row; lengths are checked.</summary>
    /// <param name="predictions">Shape (B).</param>
    /// <param name="labels">Shape (B).</param>
    /// <param name="batchLoss">Mean loss of the batch; NaN when there is none.</param>
    /// <param name="weights">Shape (B), or empty.</param>
    protected abstract void Add(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels, double batchLoss, ReadOnlySpan<float> weights);

    /// <summary>Adds what <paramref name="other"/>, of the same type, has accumulated.</summary>
    protected abstract void Add(ModelMetric other);

    /// <summary>Forgets everything accumulated.</summary>
    protected abstract void Reset();

    /// <summary>Writes the state.</summary>
    protected abstract void Write(BinaryWriter writer);

    /// <summary>Reads what <see cref="Write"/> wrote into a metric that was reset.</summary>
    protected abstract void Read(BinaryReader reader);
}
