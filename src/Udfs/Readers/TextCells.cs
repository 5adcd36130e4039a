namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>The cells of one column of some rows of text. Borrowed from a splitter until its next call.</summary>
/// <param name="text">The block of text.</param>
/// <param name="starts">First byte of the column's cell; that of row r is at <c>r · stride</c>.</param>
/// <param name="ends">Byte after the cell, likewise.</param>
/// <param name="stride">Fields of a row.</param>
/// <param name="count">Rows.</param>
readonly ref struct TextCells(ReadOnlySpan<byte> text, ReadOnlySpan<int> starts, Span<int> ends, int stride, int count)
{
    /// <summary>The block of text; it may go on behind a cell.</summary>
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <summary>First byte of each cell.</summary>
    public ReadOnlySpan<int> Starts { get; } = starts;

    /// <summary>Byte after each cell.</summary>
    public Span<int> Ends { get; } = ends;

    /// <summary>Distance of two rows in <see cref="Starts"/> and <see cref="Ends"/>.</summary>
    public int Stride { get; } = stride;

    /// <summary>Rows.</summary>
    public int Count { get; } = count;

    /// <summary>The cell of a row.</summary>
    public ReadOnlySpan<byte> this[int row] => Text[Starts[row * Stride]..Ends[row * Stride]];
}
