using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Builds the label, a float column without nulls.</summary>
sealed class LabelColumnBuilder : ColumnBuilder
{
    readonly MissingCells _missing;
    readonly byte[][]? _cells;
    readonly bool _listed;
    readonly bool _anyNumber;
    readonly bool _mayBeMissing;
    float[] _values = new float[256];

    /// <param name="rule">What means 1.</param>
    /// <param name="missing">What means "no value".</param>
    /// <param name="mayBeMissing">Whether a missing label is NaN and not an error.</param>
    public LabelColumnBuilder(LabelRule rule, MissingCells missing, bool mayBeMissing)
    {
        if (rule is { Positive: not null, Negative: not null })
        {
            throw new BadInputException(
                $"label column '{rule.Column}': both positive and negative cells are listed; list one of them, every other cell is the opposite");
        }

        _missing = missing;
        _cells = (rule.Positive ?? rule.Negative)?.Select(Encoding.UTF8.GetBytes).ToArray();
        _listed = rule.Positive is not null;
        _anyNumber = rule.AnyNumber;
        _mayBeMissing = mayBeMissing;
    }

    public override IArrowType Type => FloatType.Default;

    public override long SlabBytes => Slab.Padded(sizeof(float) * (long)Count);

    /// <summary>Whether cells are compared with a list.</summary>
    public bool IsListed => _cells is not null;

    public override string? AppendCell(ReadOnlySpan<byte> cell)
    {
        if (_cells is not null)
        {
            if (IsIn(_cells, cell)) return Add(_listed ? 1 : 0);
            return _missing.Contains(cell) ? AddMissing() : Add(_listed ? 0 : 1);
        }

        if (cell.Length == 1 && (uint)(cell[0] - '0') <= 1) return Add(cell[0] - '0');
        if (_missing.Contains(cell)) return AddMissing();
        if (NumberColumnBuilder.TryParse(cell, out double value)) return AppendNumber(value);
        return $"expected a label {Expected}, found '{NumberColumnBuilder.Shown(cell)}'; {Cure}";
    }

    /// <summary>Adds a number as label.</summary>
    /// <returns>As <see cref="AppendCell"/>.</returns>
    public string? AppendNumber(double value)
    {
        if (double.IsNaN(value) && _mayBeMissing) return AddMissing();
        if (_anyNumber ? double.IsFinite(value) : value is 0 or 1) return Add((float)value);
        return FormattableString.Invariant($"expected a label {Expected}, found '{value}'; {Cure}");
    }

    /// <summary>Adds a row without label.</summary>
    /// <returns>As <see cref="AppendCell"/>.</returns>
    public string? AddMissing() => _mayBeMissing ? Add(float.NaN) : "the label is missing; remove the row or fill it in";

    public override void AppendNull() => throw new NotSupportedException("a label is never null");

    public override void Pack(int row, PackedRow target) => target.Add(MemoryMarshal.AsBytes(_values.AsSpan(row, 1)));

    public override void AppendPacked(ref ReadOnlySpan<byte> packed) =>
        Add(MemoryMarshal.Read<float>(PackedRow.Take(ref packed, sizeof(float))));

    public override void Clear() => Count = 0;

    public override void AppendRange(IArrowArray array, int start, int count)
    {
        if (Count + count > _values.Length) System.Array.Resize(ref _values, Math.Max(2 * _values.Length, Count + count));
        ((FloatArray)array).Values.Slice(start, count).CopyTo(_values.AsSpan(Count));
        Count += count;
    }

    public override ArrayData Build(ref Slab slab)
    {
        int count = Count;
        Count = 0;
        return new(Type, count, 0, 0, [ArrowBuffer.Empty, slab.Add<float>(_values.AsSpan(0, count))]);
    }

    string Expected => _anyNumber ? "that is a finite number" : "0 or 1";

    string Cure => _anyNumber
        ? "correct the row"
        : "say which cells mean 1, for example 'label: {column: …, positive: [\"1\"]}', or which mean 0 under negative";

    string? Add(float value)
    {
        if (Count == _values.Length) System.Array.Resize(ref _values, 2 * Count);
        _values[Count++] = value;
        return null;
    }

    static bool IsIn(byte[][] cells, ReadOnlySpan<byte> cell)
    {
        foreach (byte[] listed in cells)
        {
            if (cell.SequenceEqual(listed)) return true;
        }

        return false;
    }
}
