using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Hashing;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Crosses two operands row by row: all pairs, the left one outermost; a row with an empty operand is empty.</summary>
static class CrossKernel
{
    /// <summary>Keys of one cross in one batch at most (2 GiB of them), so that long lists end in a message and not without memory.</summary>
    const long MaxKeys = 1L << 28;

    public static void Cross(string name, HashMode mode, int rows, ColumnKeys left, ColumnKeys right, ColumnKeys result)
    {
        if (left.IsList || right.IsList)
        {
            CrossLists(name, mode, rows, left, right, result);
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

    static void CrossLists(string name, HashMode mode, int rows, ColumnKeys left, ColumnKeys right, ColumnKeys result)
    {
        Span<int> starts = result.BeginList(rows);
        int count = 0;
        for (int row = 0; row < rows; row++)
        {
            starts[row] = count;
            ReadOnlySpan<ulong> leftKeys = Row(left, row);
            ReadOnlySpan<ulong> rightKeys = Row(right, row);
            long end = count + ((long)leftKeys.Length * rightKeys.Length);
            if (end > MaxKeys) throw TooMany(name, row, leftKeys.Length, rightKeys.Length);
            Span<ulong> keys = result.Grow(end);
            foreach (ulong first in leftKeys)
            {
                foreach (ulong second in rightKeys) keys[count++] = ColumnHash.Cross(mode, first, second);
            }
        }

        starts[rows] = count;
    }

    static BadInputException TooMany(string name, int row, int left, int right) => new(
        $"the cross '{name}' has more than {MaxKeys} combinations in one batch; row {row} of the batch alone crosses {left} with {right} "
        + "values: shorten the lists, leave the cross out, or take a smaller batch");

    static ReadOnlySpan<ulong> Row(ColumnKeys operand, int row)
    {
        if (operand.IsList) return operand.Keys[operand.Starts[row]..operand.Starts[row + 1]];
        ReadOnlySpan<ulong> key = operand.Keys.Slice(row, 1);
        return key[0] == 0 ? [] : key;
    }
}
