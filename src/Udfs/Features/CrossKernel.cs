using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Hashing;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Crosses two operands row by row: all pairs, the left one outermost; a row with an empty operand is empty.</summary>
static class CrossKernel
{
    public static void Cross(HashMode mode, int rows, ColumnKeys left, ColumnKeys right, ColumnKeys result)
    {
        if (left.IsList || right.IsList)
        {
            CrossLists(mode, rows, left, right, result);
            return;
        }

        Span<ulong> keys = result.BeginScalar(rows);
        ReadOnlySpan<ulong> leftKeys = left.Keys[..rows];
        ReadOnlySpan<ulong> rightKeys = right.Keys[..rows];
        for (int row = 0; row < keys.Length; row++)
        {
            ulong first = leftKeys[row];
            ulong second = rightKeys[row];
            keys[row] = first == 0 || second == 0 ? 0 : ColumnHash.Cross(mode, first, second);
        }
    }

    static void CrossLists(HashMode mode, int rows, ColumnKeys left, ColumnKeys right, ColumnKeys result)
    {
        Span<int> starts = result.BeginList(rows);
        int count = 0;
        for (int row = 0; row < rows; row++)
        {
            starts[row] = count;
            ReadOnlySpan<ulong> leftKeys = Row(left, row);
            ReadOnlySpan<ulong> rightKeys = Row(right, row);
            Span<ulong> keys = result.Grow(count + ((long)leftKeys.Length * rightKeys.Length));
            foreach (ulong first in leftKeys)
            {
                foreach (ulong second in rightKeys) keys[count++] = ColumnHash.Cross(mode, first, second);
            }
        }

        starts[rows] = count;
    }

    static ReadOnlySpan<ulong> Row(ColumnKeys operand, int row)
    {
        if (operand.IsList) return operand.Keys[operand.Starts[row]..operand.Starts[row + 1]];
        ReadOnlySpan<ulong> key = operand.Keys.Slice(row, 1);
        return key[0] == 0 ? [] : key;
    }
}
