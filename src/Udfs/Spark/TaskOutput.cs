using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Sends a task's batches as one Arrow stream of one struct column; without batches nothing is sent.</summary>
sealed class TaskOutput(WireWriter writer, TaskLayoutVersion spark) : IDisposable
{
    ArrowStreamWriter? _arrow;
    Schema? _columns;
    Schema? _outer;
    StructType? _rows;

    /// <summary>Whether a batch was sent in part: nothing can be said on the connection any more.</summary>
    public bool IsBroken { get; private set; }

    /// <exception cref="InvalidOperationException">Spark does not accept the columns, or they differ from those of the batch before.</exception>
    public void Write(RecordBatch batch)
    {
        if (batch.Length == 0) return;
        if (batch.ColumnCount == 0)
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"an output batch has {batch.Length} rows but no column: yield at least one column"));
        if (!ReferenceEquals(_columns, batch.Schema)) CheckColumns(batch.Schema);
        for (int i = 0; i < batch.ColumnCount; i++)
            if (batch.Column(i).Length != batch.Length)
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture, $"the output column \"{batch.Schema.GetFieldByIndex(i).Name}\" has {batch.Column(i).Length} rows in a batch of {batch.Length}"));
        IsBroken = true;
        if (_arrow is null)
        {
            writer.Write(Signal.StartArrowStream);
            _arrow = new ArrowStreamWriter(writer.Stream, _outer, leaveOpen: true);
        }

        var column = new StructArray(_rows, batch.Length, batch.Arrays, ArrowBuffer.Empty);
        _arrow.WriteRecordBatch(new RecordBatch(_outer, [column], batch.Length));
        writer.Flush();
        IsBroken = false;
    }

    /// <summary>Ends the stream, if one was begun.</summary>
    public void End()
    {
        if (_arrow is null) return;
        IsBroken = true;
        _arrow.WriteEnd();
        IsBroken = false;
        Dispose();
    }

    public void Dispose()
    {
        _arrow?.Dispose();
        _arrow = null;
    }

    void CheckColumns(Schema columns)
    {
        if (_columns is null)
        {
            OutputTypes.Check(columns, spark);
            _rows = new StructType(columns.FieldsList);
            _outer = new Schema([new Field("_0", _rows, nullable: false)], null);
        }
        else if (Describe(_columns) is var before && Describe(columns) is var now && before != now)
        {
            throw new InvalidOperationException($"an output batch has the columns {now} after batches of {before}: all batches of a task need the same columns");
        }

        _columns = columns;
    }

    static string Describe(Schema columns) => OutputTypes.Describe(new StructType(columns.FieldsList));
}
