using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Model.Metrics;

/// <summary>Scores of rows with their weights, a positive row's weight above 0, a negative one's below.</summary>
sealed class ScoreList
{
    readonly List<float> _scores = [];
    readonly List<float> _weights = [];

    /// <summary>Number of rows.</summary>
    public int Count => _scores.Count;

    /// <summary>Adds a row; the score is not NaN.</summary>
    public void Add(float score, float weight)
    {
        _scores.Add(score);
        _weights.Add(weight);
    }

    /// <summary>Adds the rows of another list.</summary>
    public void Add(ScoreList other)
    {
        _scores.AddRange(other._scores);
        _weights.AddRange(other._weights);
    }

    /// <summary>Adds the rows to buckets.</summary>
    public void AddTo(ScoreBuckets buckets)
    {
        for (int i = 0; i < _scores.Count; i++) buckets.Add(_scores[i], Math.Max(_weights[i], 0), Math.Max(-_weights[i], 0));
    }

    /// <summary>Adds the groups of equal scores to an area, in ascending order; a function of the set of rows alone.</summary>
    public void AddTo(ref RankArea area)
    {
        ulong[] rows = new ulong[Count];
        for (int i = 0; i < rows.Length; i++) rows[i] = ((ulong)Ordered(_scores[i]) << 32) | BitConverter.SingleToUInt32Bits(_weights[i]);
        Array.Sort(rows);
        for (int i = 0; i < rows.Length;)
        {
            double positive = 0, negative = 0;
            ulong score = rows[i] >> 32;
            for (; i < rows.Length && rows[i] >> 32 == score; i++)
            {
                float weight = BitConverter.UInt32BitsToSingle((uint)rows[i]);
                positive += Math.Max(weight, 0);
                negative += Math.Max(-weight, 0);
            }

            area.Add(positive, negative);
        }
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        _scores.Clear();
        _weights.Clear();
    }

    /// <summary>Writes the rows.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        writer.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_scores)));
        writer.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_weights)));
    }

    /// <summary>Adds what <see cref="Write"/> wrote.</summary>
    public void Read(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / (2 * sizeof(float)))
            throw new InvalidDataException($"{count} scores announced in the state of a metric, more than it holds");
        ReadFloats(reader, _scores, count);
        ReadFloats(reader, _weights, count);
    }

    // Bits that compare as the scores do; −0 becomes 0.
    static uint Ordered(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    static void ReadFloats(BinaryReader reader, List<float> into, int count)
    {
        CollectionsMarshal.SetCount(into, into.Count + count);
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(into)[^count..]));
    }
}
