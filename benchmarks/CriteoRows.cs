using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.Benchmarks;

/// <summary>
/// Criteo-shaped Arrow rows: 13 integers as text and 26 categories of eight hex digits, one cell in 16 missing; each octave
/// of a column's ids is equally likely.
/// </summary>
static class CriteoRows
{
    /// <summary>Columns of a row.</summary>
    public const int ColumnCount = 39;

    /// <summary>The columns' names, f0 to f38.</summary>
    public static string[] Names { get; } = [.. Enumerable.Range(0, ColumnCount).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i}"))];

    /// <summary>A batch as a function of its number.</summary>
    /// <param name="number">Number of the batch.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="bags">How many of the last columns are lists of one to five values.</param>
    /// <param name="label">Whether a column <c>label</c> of zeros and ones follows.</param>
    public static RecordBatch Batch(ulong number, int rows, int bags = 0, bool label = false)
    {
        var batch = new RecordBatch.Builder();
        ulong draw = number << 32;
        for (int column = 0; column < ColumnCount; column++)
        {
            int bits = column < 13 ? 4 + (column % 8) : 4 + (column % 17);
            if (column >= ColumnCount - bags)
            {
                var list = new ListArray.Builder(StringType.Default);
                for (int row = 0; row < rows; row++)
                {
                    list.Append();
                    for (ulong n = 1 + (CounterRandom.Mix(draw++) % 5); n > 0; n--)
                        ((StringArray.Builder)list.ValueBuilder).Append(Cell(column, bits, draw++));
                }

                batch.Append(Names[column], true, list.Build());
                continue;
            }

            var text = new StringArray.Builder();
            for (int row = 0; row < rows; row++)
            {
                if (CounterRandom.Mix(draw++) % 16 == 0) text.AppendNull();
                else text.Append(Cell(column, bits, draw++));
            }

            batch.Append(Names[column], true, text.Build());
        }

        if (label)
        {
            var labels = new FloatArray.Builder();
            for (int row = 0; row < rows; row++) labels.Append(CounterRandom.Mix(draw++) % 4 == 0 ? 1 : 0);
            batch.Append("label", false, labels.Build());
        }

        return batch.Build();
    }

    /// <summary>The same rows over memory that belongs to nobody: disposing them does nothing, so that they can be read again.</summary>
    public static RecordBatch Lasting(RecordBatch batch)
    {
        using (batch) return new RecordBatch(batch.Schema, batch.Arrays.Select(array => ArrowArrayFactory.BuildArray(Lasting(array.Data))), batch.Length);
    }

    static ArrayData Lasting(ArrayData data) => new(
        data.DataType, data.Length, data.GetNullCount(), data.Offset, [.. data.Buffers.Select(buffer => new ArrowBuffer(buffer.Span.ToArray()))],
        data.Children?.Select(Lasting).ToArray());

    static string Cell(int column, int bits, ulong draw)
    {
        ulong random = CounterRandom.Mix(draw ^ 0x5EED);
        int octave = (int)(random % (ulong)bits);
        ulong id = (1UL << octave) + ((random >> 20) & ((1UL << octave) - 1));
        return column < 13
            ? id.ToString(CultureInfo.InvariantCulture)
            : ((uint)CounterRandom.Mix(id + ((ulong)column << 40))).ToString("x8", CultureInfo.InvariantCulture);
    }
}
