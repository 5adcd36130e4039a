using Apache.Arrow;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Changes the rows of a minibatch before extraction. Built on every worker from its spec; called by its reading thread.</summary>
public abstract class MinibatchPreprocessor
{
    /// <summary>Returns the rows to train on or score, at least one; may be the argument itself.</summary>
    public abstract RecordBatch Process(RecordBatch minibatch);
}
