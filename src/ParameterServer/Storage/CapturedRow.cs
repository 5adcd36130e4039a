namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>A row of a table at the moment of a capture.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Row">Its number in its sub-table.</param>
/// <param name="Age">Its age then.</param>
readonly record struct CapturedRow(ulong Key, uint Row, int Age) : IComparable<CapturedRow>
{
    const int SmallSort = 96;

    /// <inheritdoc/>
    public int CompareTo(CapturedRow other) => Key.CompareTo(other.Key);

    /// <summary>Sorts by key, in place: by one byte of the key after the other, from the highest, down to small runs.</summary>
    public static void Sort(Span<CapturedRow> rows) => Sort(rows, 56);

    static void Sort(Span<CapturedRow> rows, int shift)
    {
        if (rows.Length <= SmallSort || shift < 0)
        {
            rows.Sort();
            return;
        }

        Span<int> next = stackalloc int[256], ends = stackalloc int[256];
        ends.Clear();
        foreach (ref readonly CapturedRow row in rows) ends[Digit(row, shift)]++;
        int sum = 0;
        for (int digit = 0; digit < 256; digit++)
        {
            next[digit] = sum;
            sum += ends[digit];
            ends[digit] = sum;
        }

        for (int digit = 0; digit < 256; digit++)
        {
            while (next[digit] < ends[digit])
            {
                // Each row goes to the next free place of its digit, and the row found there is carried on.
                CapturedRow carried = rows[next[digit]];
                int target = Digit(carried, shift);
                while (target != digit)
                {
                    ref CapturedRow place = ref rows[next[target]++];
                    (carried, place) = (place, carried);
                    target = Digit(carried, shift);
                }

                rows[next[digit]++] = carried;
            }
        }

        int start = 0;
        for (int digit = 0; digit < 256; start = ends[digit++])
            if (ends[digit] - start > 1) Sort(rows[start..ends[digit]], shift - 8);
    }

    static int Digit(in CapturedRow row, int shift) => (int)(row.Key >> shift) & 255;
}
