namespace MetaSpore.Spark.Model.Embeddings;

/// <summary>How the vectors of one bag (the values of a slot, or of a whole row) become one vector, element by element.</summary>
public enum Pooling
{
    /// <summary>The sum; padding adds nothing.</summary>
    Sum,

    /// <summary>The sum divided by the number of values; a padding value is a zero vector and counts.</summary>
    Mean,

    /// <summary>
    /// The largest element; a padding value is a zero vector and competes. Of equal elements the first value of the bag
    /// is taken, and it alone receives the gradient.
    /// </summary>
    Max,
}
