namespace MetaSpore.Spark.Model.Parameters;

/// <summary>What follows from an <see cref="ElementType"/>.</summary>
public static class ElementTypeExtensions
{
    /// <summary>Bytes of an element: 4 or 8.</summary>
    public static int ByteSize(this ElementType type) => type == ElementType.Float64 ? sizeof(double) : sizeof(float);
}
