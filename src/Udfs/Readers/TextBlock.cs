using System.Text;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// The block of a text file that is in memory, with the positions of its delimiters, line ends and quotes. It grows to the longest
/// row. Not thread-safe.
/// </summary>
sealed class TextBlock(Stream stream, string path, byte delimiter, byte quote) : IDisposable
{
    const int FirstBytes = 1 << 18;
    const int LongestRow = 1 << 26;

    bool _isFirst = true;

    /// <summary>The memory; the block's text ends at <see cref="End"/>.</summary>
    public byte[] Bytes { get; private set; } = new byte[FirstBytes];

    /// <summary>Byte after the text; the last line of a file always has a line end.</summary>
    public int End { get; private set; }

    /// <summary>Whether the file ends with this block.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Whether the block has bytes that are not ASCII.</summary>
    public bool MayBeInvalid { get; private set; }

    /// <summary>Positions of delimiters, line ends and quotes, in order.</summary>
    public int[] Marks { get; private set; } = new int[FirstBytes];

    /// <summary>Number of marks.</summary>
    public int MarkCount { get; private set; }

    /// <summary>Moves the text from <paramref name="row"/> on to the front and reads on; false when no byte is left.</summary>
    /// <param name="row">The beginning of the row that is not whole yet.</param>
    /// <param name="line">Its line, for messages.</param>
    /// <exception cref="BadInputException">The row is longer than any row of text.</exception>
    public bool Refill(int row, long line)
    {
        if (IsLast) return false;
        int rest = End - row;
        if (rest >= LongestRow)
        {
            throw new BadInputException(
                $"{path}, line {line}: a row longer than {LongestRow >> 20} MiB; is a quote not closed, or is the file no text?");
        }

        byte[] target = rest + 1 >= Bytes.Length ? new byte[2 * Bytes.Length] : Bytes;
        Bytes.AsSpan(row, rest).CopyTo(target);
        Bytes = target;
        if (Marks.Length < target.Length) Marks = new int[target.Length];
        End = rest + ReadFully(target.AsSpan(rest, target.Length - rest - 1));
        if (_isFirst) RemovePreamble();
        if (IsLast && End > 0 && target[End - 1] != (byte)'\n') target[End++] = (byte)'\n';
        MayBeInvalid = !Ascii.IsValid(target.AsSpan(0, End));
        MarkCount = TextMarks.Find(target.AsSpan(0, End), Marks, delimiter, quote);
        return End > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    int ReadFully(Span<byte> target)
    {
        int read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        IsLast = read < target.Length;
        return read;
    }

    void RemovePreamble()
    {
        _isFirst = false;
        ReadOnlySpan<byte> text = Bytes.AsSpan(0, End);
        if (!text.StartsWith(Encoding.UTF8.Preamble)) return;
        text[Encoding.UTF8.Preamble.Length..].CopyTo(Bytes);
        End -= Encoding.UTF8.Preamble.Length;
    }
}
