using System.Text.Json.Serialization;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>
/// The first weights of a row or tensor, as a pure function of a seed: the order in which keys arrive can't change a
/// model. An initialiser is an immutable value. Thread-safe.
/// </summary>
[JsonConverter(typeof(TensorInitializerJsonConverter))]
public abstract record TensorInitializer
{
    /// <summary>Fills one row.</summary>
    /// <param name="name">Name of the table or tensor; a name that ends with <c>bias</c> starts at 0 where the original does.</param>
    /// <param name="seed">Already folded from the run's seed, the table and the key.</param>
    /// <param name="row">Shape (D), overwritten.</param>
    public abstract void Fill(string name, ulong seed, Span<float> row);

    /// <summary>The same in double precision.</summary>
    /// <param name="name">Name of the table or tensor.</param>
    /// <param name="seed">Already folded from the run's seed, the table and the key.</param>
    /// <param name="row">Shape (D), overwritten.</param>
    public abstract void Fill(string name, ulong seed, Span<double> row);

    /// <summary>Every violated range of the options, one sentence each; empty when the initialiser is usable.</summary>
    public abstract IEnumerable<string> Validate();
}
