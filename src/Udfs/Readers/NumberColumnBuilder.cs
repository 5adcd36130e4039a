using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Builds double columns.</summary>
sealed class NumberColumnBuilder(MissingCells missing) : ColumnBuilder
{
    ValidityBuilder _validity = new();
    double[] _values = new double[256];

    public override IArrowType Type => DoubleType.Default;

    public override long SlabBytes => _validity.SlabBytes + (sizeof(double) * (long)Count);

    public override string? AppendCell(ReadOnlySpan<byte> cell)
    {
        if (missing.Contains(cell))
        {
            Append(0, false);
            return null;
        }

        if (!TryParse(cell, out double value)) return Problem(cell);
        Append(value, true);
        return null;
    }

    /// <summary>Adds a value or a null.</summary>
    public void Append(double value, bool isValid)
    {
        _validity.Append(isValid);
        if (Count == _values.Length) System.Array.Resize(ref _values, 2 * Count);
        _values[Count++] = value;
    }

    public override void AppendNull() => Append(0, false);

    public override void Pack(int row, PackedRow target)
    {
        target.AddCount(_validity.IsValid(row) ? 1 : 0);
        target.Add(MemoryMarshal.AsBytes(_values.AsSpan(row, 1)));
    }

    public override void AppendPacked(ref ReadOnlySpan<byte> packed)
    {
        bool isValid = PackedRow.TakeCount(ref packed) > 0;
        Append(MemoryMarshal.Read<double>(PackedRow.Take(ref packed, sizeof(double))), isValid);
    }

    public override void Clear()
    {
        _validity.Clear();
        Count = 0;
    }

    public override void AppendRange(IArrowArray array, int start, int count)
    {
        var numbers = (DoubleArray)array;
        _validity.AppendRange(array.Data, start, count);
        if (Count + count > _values.Length) System.Array.Resize(ref _values, Math.Max(2 * _values.Length, Count + count));
        numbers.Values.Slice(start, count).CopyTo(_values.AsSpan(Count));
        Count += count;
    }

    public override ArrayData Build(ref Slab slab)
    {
        int count = Count;
        int nulls = _validity.NullCount;
        ArrowBuffer validity = _validity.Build(ref slab);
        Count = 0;
        return new(Type, count, nulls, 0, [validity, slab.Add<double>(_values.AsSpan(0, count))]);
    }

    /// <summary>Reads a finite decimal number that fills the whole cell.</summary>
    public static bool TryParse(ReadOnlySpan<byte> cell, out double value)
    {
        if (cell.Length is > 0 and <= 9)
        {
            int digits = 0;
            int at = 0;
            for (; at < cell.Length && (uint)(cell[at] - '0') <= 9; at++) digits = (10 * digits) + (cell[at] - '0');
            value = digits;
            if (at == cell.Length) return true;
        }

        return double.TryParse(cell, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    static string Problem(ReadOnlySpan<byte> cell) => cell.IsEmpty
        ? "expected a number, found an empty cell; list \"\" under missing if it means that the value is unknown"
        : $"expected a number, found '{Shown(cell)}'; correct the cell, list it under missing, or read the column as text";

    /// <summary>A cell as messages show it.</summary>
    internal static string Shown(ReadOnlySpan<byte> cell)
    {
        string text = Encoding.UTF8.GetString(cell.Length > 160 ? cell[..160] : cell);
        return text.Length > 40 ? text[..40] + "…" : text;
    }
}
