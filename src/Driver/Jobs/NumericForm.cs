namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>What becomes of a column of numbers.</summary>
enum NumericForm
{
    /// <summary>sign(v)·log(1 + |v|), missing 0, batch-normalised, beside the embeddings.</summary>
    Dense,

    /// <summary>A category: floor(2·log2(1 + v)); missing and negative are categories of their own.</summary>
    Log2,

    /// <summary>A category: the bucket between quantiles of the training rows.</summary>
    Quantile,

    /// <summary>A category: the exact value where enough training rows have it, else the bucket of <see cref="Log2"/>.</summary>
    Value,
}
