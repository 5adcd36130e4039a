namespace MetaSpore.Spark.Model.Metrics;

/// <summary>
/// Weights of positive and negative rows by equal score buckets in [0, 1]. Memory is taken for the stretches of buckets
/// that are in use.
/// </summary>
/// <param name="count">Number of buckets, at least 2.</param>
sealed class ScoreBuckets(int count)
{
    const int PageBits = 9, PageSize = 1 << PageBits;

    // Page p holds (positive, negative) of buckets p·PageSize and on, interleaved.
    readonly double[]?[] _pages = new double[]?[(count + PageSize - 1) >> PageBits];

    /// <summary>Number of buckets.</summary>
    public int Count => count;

    /// <summary>Adds a row: MetaSpore's bucket, truncated in single precision; scores outside [0, 1] are clamped.</summary>
    public void Add(float score, double positive, double negative) =>
        Add((int)(Math.Clamp(score, 0f, 1f) * (count - 1)), positive, negative);

    /// <summary>Adds to a bucket.</summary>
    public void Add(int bucket, double positive, double negative)
    {
        double[] page = _pages[bucket >> PageBits] ??= new double[2 * PageSize];
        int at = 2 * (bucket & (PageSize - 1));
        page[at] += positive;
        page[at + 1] += negative;
    }

    /// <summary>Adds other buckets, as many.</summary>
    public void Add(ScoreBuckets other)
    {
        for (int p = 0; p < _pages.Length; p++)
        {
            if (other._pages[p] is not { } source) continue;
            double[] page = _pages[p] ??= new double[2 * PageSize];
            for (int i = 0; i < page.Length; i++) page[i] += source[i];
        }
    }

    /// <summary>Adds every bucket that is in use to an area, in ascending order.</summary>
    public void AddTo(ref RankArea area)
    {
        foreach (double[]? page in _pages)
        {
            for (int i = 0; i < page?.Length; i += 2)
            {
                if (page[i] != 0 || page[i + 1] != 0) area.Add(page[i], page[i + 1]);
            }
        }
    }

    /// <summary>Writes the buckets in use: how many, then for each the gap from the one before and both weights.</summary>
    public void Write(BinaryWriter writer)
    {
        int used = 0;
        foreach (double[]? page in _pages)
        {
            for (int i = 0; i < page?.Length; i += 2)
            {
                if (page[i] != 0 || page[i + 1] != 0) used++;
            }
        }

        writer.Write7BitEncodedInt(used);
        int last = 0;
        for (int bucket = 0; bucket < count; bucket++)
        {
            if (_pages[bucket >> PageBits] is not { } page)
            {
                bucket |= PageSize - 1;
                continue;
            }

            int at = 2 * (bucket & (PageSize - 1));
            if (page[at] == 0 && page[at + 1] == 0) continue;
            writer.Write7BitEncodedInt(bucket - last);
            WriteWeight(writer, page[at]);
            WriteWeight(writer, page[at + 1]);
            last = bucket;
        }
    }

    /// <summary>Adds what <see cref="Write"/> wrote.</summary>
    public void Read(BinaryReader reader)
    {
        int bucket = 0;
        for (int n = reader.Read7BitEncodedInt(); n > 0; n--)
        {
            bucket += reader.Read7BitEncodedInt();
            if ((uint)bucket >= (uint)count) throw new InvalidDataException($"bucket {bucket} of {count} in the state of a metric");
            double positive = ReadWeight(reader), negative = ReadWeight(reader);
            Add(bucket, positive, negative);
        }
    }

    // Counts are small integers: n is written as 2n, anything else as 1 and eight bytes.
    static void WriteWeight(BinaryWriter writer, double weight)
    {
        if (weight is >= 0 and < 1L << 53 && weight == Math.Floor(weight))
        {
            writer.Write7BitEncodedInt64((long)weight << 1);
            return;
        }

        writer.Write((byte)1);
        writer.Write(weight);
    }

    static double ReadWeight(BinaryReader reader)
    {
        long value = reader.Read7BitEncodedInt64();
        return (value & 1) == 0 ? value >> 1 : reader.ReadDouble();
    }
}
