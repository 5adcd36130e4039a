using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The children of a batch's one struct column. Disposing it gives the whole batch's memory back.</summary>
sealed class FlatRecordBatch(Schema schema, RecordBatch outer, StructArray rows) : RecordBatch(schema, rows.Fields, rows.Length)
{
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) outer.Dispose();
    }
}
