namespace MetaSpore.Spark.Model.Columns;

/// <summary>What becomes of a column of numbers v.</summary>
public enum NumericEncoding
{
    /// <summary>An input of the network: sign(v)·log(1 + |v|); 0 where the value is missing.</summary>
    Dense,

    /// <summary>A category: floor(2·log₂(1 + v)); a missing and a negative value have categories of their own.</summary>
    Log2,

    /// <summary>A category by quantiles of the training rows: the number of cuts that are not above v.</summary>
    Quantile,

    /// <summary>A category: the exact value where enough training rows have it, else as <see cref="Log2"/>.</summary>
    Value,
}
