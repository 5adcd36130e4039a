namespace MetaSpore.Spark.ParameterServer.Storage;

/// <summary>A row of a table at the moment of a capture.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Row">Its number in its sub-table.</param>
/// <param name="Age">Its age then.</param>
readonly record struct CapturedRow(ulong Key, uint Row, int Age)
{
    const int SmallSort = 96;

    /// <summary>Sorts by key, in place.</summary>
    public static void SortByKey(Span<CapturedRow> rows) => Sort<ByKey>(rows, 56);

    /// <summary>Sorts the rows of one sub-table by their numbers, in place: the order in which they lie in memory.</summary>
    public static void SortByRow(Span<CapturedRow> rows) => Sort<ByRow>(rows, 24);

    // By one byte after the other, from the highest, down to small runs.
    static void Sort<TOrder>(Span<CapturedRow> rows, int shift) where TOrder : struct, IOrder
    {
        if (rows.Length <= SmallSort || shift < 0)
        {
            rows.Sort(default(TOrder));
            return;
        }

        Span<int> next = stackalloc int[256], ends = stackalloc int[256];
        ends.Clear();
        foreach (ref readonly CapturedRow row in rows) ends[Digit<TOrder>(row, shift)]++;
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
                int target = Digit<TOrder>(carried, shift);
                while (target != digit)
                {
                    ref CapturedRow place = ref rows[next[target]++];
                    (carried, place) = (place, carried);
                    target = Digit<TOrder>(carried, shift);
                }

                rows[next[digit]++] = carried;
            }
        }

        int start = 0;
        for (int digit = 0; digit < 256; start = ends[digit++])
            if (ends[digit] - start > 1) Sort<TOrder>(rows[start..ends[digit]], shift - 8);
    }

    static int Digit<TOrder>(in CapturedRow row, int shift) where TOrder : struct, IOrder => (int)(TOrder.Of(row) >> shift) & 255;

    interface IOrder : IComparer<CapturedRow>
    {
        static abstract ulong Of(in CapturedRow row);
    }

    readonly struct ByKey : IOrder
    {
        public static ulong Of(in CapturedRow row) => row.Key;

        public int Compare(CapturedRow x, CapturedRow y) => x.Key.CompareTo(y.Key);
    }

    readonly struct ByRow : IOrder
    {
        public static ulong Of(in CapturedRow row) => row.Row;

        public int Compare(CapturedRow x, CapturedRow y) => x.Row.CompareTo(y.Row);
    }
}
