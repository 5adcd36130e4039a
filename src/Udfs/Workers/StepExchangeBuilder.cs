using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Connects prepared batches with a network's operators and with exchanges.</summary>
static class StepExchangeBuilder
{
    /// <summary>Adds the pulls of a batch's rows into its own buffers.</summary>
    public static void AddSparsePulls(SparseModel model, StepExchange exchange, PreparedBatch batch, bool training)
    {
        for (int i = 0; i < model.Operators.Count; i++)
        {
            EmbeddingOperator op = model.Operators[i];
            if (op.IsBacking) continue;
            SparseBatch keys = batch.Sparse[model.SchemaOfOperator[i]];
            exchange.SparsePulls.Add(new SparsePull(
                i, keys.UniqueKeys, batch.ReserveRows(i, RowBytes(op, keys)), op.IsReadOnly(training), op.IsNanFilled(training)));
        }
    }

    /// <summary>Gives the operators and casts their values.</summary>
    public static void Load(SparseModel model, PreparedBatch batch, bool training)
    {
        for (int i = 0; i < model.Operators.Count; i++)
        {
            if (!model.Operators[i].IsBacking)
                model.Operators[i].Load(batch.Sparse[model.SchemaOfOperator[i]], batch.Rows[i], training);
        }

        for (int i = 0; i < model.Casts.Count; i++) model.Casts[i].Load(batch.Dense[i], batch.BatchSize);
    }

    /// <summary>Takes the gradients of the operators into the batch's buffers.</summary>
    public static void CollectGradients(SparseModel model, PreparedBatch batch)
    {
        for (int i = 0; i < model.Operators.Count; i++)
        {
            EmbeddingOperator op = model.Operators[i];
            if (op.IsBacking) continue;
            batch.HasGradients[i] = op.CollectGradients(
                batch.ReserveGradients(i, RowBytes(op, batch.Sparse[model.SchemaOfOperator[i]])));
        }
    }

    /// <summary>Adds the pushes of a batch's gradients.</summary>
    public static void AddSparsePushes(SparseModel model, StepExchange exchange, PreparedBatch batch)
    {
        for (int i = 0; i < model.Operators.Count; i++)
        {
            if (batch.HasGradients[i])
                exchange.SparsePushes.Add(new SparsePush(i, batch.Sparse[model.SchemaOfOperator[i]].UniqueKeys, batch.Gradients[i]));
        }
    }

    static long RowBytes(EmbeddingOperator op, SparseBatch keys) =>
        (long)keys.UniqueCount * op.EmbeddingSize * op.ElementType.ByteSize();
}
