namespace MetaSpore.Spark.Model.Parameters;

/// <summary>The type of the elements of a table or tensor.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE 754 double precision, 8 bytes.</summary>
    Float64,
}
