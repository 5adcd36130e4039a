using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// The rows of a libsvm file, <c>label index:1 index:1 …</c>: columns <c>label</c> and <c>features</c>, the list of the indexes
/// as text. A value other than 1 is an error.
/// </summary>
sealed class LibSvmSource(DatasetSpec spec, DataFile file, ColumnLayout layout) : RowSource
{
    readonly TextFile _file = new(spec, file);
    readonly int[] _labels = layout.IndicesOf("label");
    readonly int[] _features = layout.IndicesOf("features");

    public override int Fill(BatchAssembler target, int maxRows)
    {
        TextSplitter splitter = _file.Splitter;
        int rows = 0;
        for (; rows < maxRows && splitter.ReadRow(); rows++)
        {
            foreach (int label in _labels)
            {
                if (target.Builders[label].AppendCell(splitter.Field(0)) is { } problem) throw Wrong("label", problem);
            }

            foreach (int features in _features) AppendFeatures((ListColumnBuilder)target.Builders[features]);
        }

        target.RowCount += rows;
        return rows;
    }

    public override long Skip(long rows)
    {
        long skipped = 0;
        while (skipped < rows && _file.Splitter.ReadRow()) skipped++;
        return skipped;
    }

    public override void Dispose() => _file.Dispose();

    void AppendFeatures(ListColumnBuilder builder)
    {
        for (int i = 1; i < _file.Splitter.FieldCount; i++)
        {
            ReadOnlySpan<byte> cell = _file.Splitter.Field(i);
            int colon = cell.IndexOf((byte)':');
            if (colon >= 0 && !TextFile.IsOne(cell[(colon + 1)..])) throw Wrong("features", TextFile.WeightProblem(cell));
            builder.AppendToken(colon < 0 ? cell : cell[..colon]);
        }

        builder.EndRow(true);
    }

    BadInputException Wrong(string column, string problem) =>
        new($"{_file.Path}, line {_file.Splitter.Line}, column '{column}': {problem}");
}
