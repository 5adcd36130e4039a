using System.Buffers;
using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Collects rows of one pass and makes batches of them. Not thread-safe.</summary>
sealed class BatchAssembler(ColumnLayout layout)
{
    /// <summary>One builder a column of the layout.</summary>
    public ColumnBuilder[] Builders { get; } = layout.NewBuilders();

    /// <summary>Rows collected; sources count the rows that they add.</summary>
    public int RowCount { get; set; }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        foreach (ColumnBuilder builder in Builders) builder.Clear();
        RowCount = 0;
    }

    /// <summary>Makes a batch of all rows collected and begins anew.</summary>
    public RecordBatch Build()
    {
        long bytes = 0;
        foreach (ColumnBuilder builder in Builders) bytes += builder.SlabBytes;
        byte[] memory = ArrayPool<byte>.Shared.Rent(checked((int)bytes));
        var slab = new Slab(memory);
        var columns = new IArrowArray[Builders.Length];
        for (int i = 0; i < columns.Length; i++) columns[i] = ArrowArrayFactory.BuildArray(Builders[i].Build(ref slab));
        int rows = RowCount;
        RowCount = 0;
        return new PooledRecordBatch(layout.Schema, columns, rows, memory);
    }
}
