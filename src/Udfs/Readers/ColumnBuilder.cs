using Apache.Arrow;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Collects the rows of one column and lays them out as Arrow buffers. Its memory is kept from batch to batch, so that rows
/// allocate nothing. Not thread-safe.
/// </summary>
abstract class ColumnBuilder
{
    /// <summary>The column's Arrow type.</summary>
    public abstract IArrowType Type { get; }

    /// <summary>Rows collected.</summary>
    public int Count { get; protected set; }

    /// <summary>Adds a row from a cell of text.</summary>
    /// <returns>Null, or what is wrong with the cell: expected, found and the cure; nothing was added then.</returns>
    public virtual string? AppendCell(ReadOnlySpan<byte> cell) => throw new NotSupportedException($"{Type.Name} is not built from text");

    /// <summary>Adds rows from cells of text.</summary>
    /// <param name="cells">The cells.</param>
    /// <param name="problem">As <see cref="AppendCell"/> returns it, for the first row that is wrong.</param>
    /// <returns>How many rows were added: all, or those before the wrong one.</returns>
    public virtual int AppendCells(TextCells cells, out string? problem)
    {
        for (int row = 0; row < cells.Count; row++)
        {
            problem = AppendCell(cells[row]);
            if (problem is not null) return row;
        }

        problem = null;
        return cells.Count;
    }

    /// <summary>Adds a null row.</summary>
    public abstract void AppendNull();

    /// <summary>Adds the cell of a row that was collected here to a packed row.</summary>
    public abstract void Pack(int row, PackedRow target);

    /// <summary>Adds a row from a cell that <see cref="Pack"/> made, and takes it off the packed row.</summary>
    public abstract void AppendPacked(ref ReadOnlySpan<byte> packed);

    /// <summary>Forgets all rows.</summary>
    public abstract void Clear();

    /// <summary>Adds rows of an Arrow array of the same type.</summary>
    public abstract void AppendRange(IArrowArray array, int start, int count);

    /// <summary>Bytes that <see cref="Build"/> takes of the slab, at most.</summary>
    public abstract long SlabBytes { get; }

    /// <summary>Copies the rows to the slab as an Arrow array and empties the builder.</summary>
    public abstract ArrayData Build(ref Slab slab);
}
