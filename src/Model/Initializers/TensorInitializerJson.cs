using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Json;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>
/// Initialisers as JSON objects with their type and options in camel case:
/// <c>{"type":"normal","standardDeviation":0.01}</c>. Omitted options have their defaults. An initialiser of your own is
/// named <c>Namespace.Type, Assembly</c>. Thread-safe.
/// </summary>
public static class TensorInitializerJson
{
    internal static readonly TypedJson<TensorInitializer> Shape = new(
        "initializer",
        new Dictionary<string, Type>(StringComparer.Ordinal)
        {
            ["default"] = typeof(DefaultTensorInitializer),
            ["zero"] = typeof(ZeroTensorInitializer),
            ["one"] = typeof(OneTensorInitializer),
            ["normal"] = typeof(NormalTensorInitializer),
            ["uniform"] = typeof(UniformTensorInitializer),
            ["xavier"] = typeof(XavierTensorInitializer),
        },
        initializer => initializer.Validate());

    /// <summary>The type names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Types => Shape.Names;

    /// <summary>Reads an initialiser; the result is valid.</summary>
    /// <exception cref="BadInputException">
    /// No JSON, unknown type (the message lists the known ones), unknown option, wrong kind of value, or out of range.
    /// </exception>
    public static TensorInitializer Parse(string json) => Shape.Read(json);

    /// <summary>Writes an initialiser with all its options, on one line.</summary>
    public static string Write(TensorInitializer initializer) => Shape.Write(initializer);
}
