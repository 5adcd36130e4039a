namespace MetaSpore.Spark.Model.Layers;

/// <summary>A layer some of whose buffers are running statistics kept by the parameter store.</summary>
public interface IValueLayer
{
    /// <summary>The statistics, in a fixed order; the same objects for the life of the layer.</summary>
    IReadOnlyList<ValueTensor> Values { get; }
}
