using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Json;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>
/// Updaters as JSON objects with their type and options in camel case: <c>{"type":"adagrad","learningRate":0.02}</c>.
/// Omitted options have their defaults. An updater of your own is named <c>Namespace.Type, Assembly</c>. Thread-safe.
/// </summary>
public static class TensorUpdaterJson
{
    internal static readonly TypedJson<TensorUpdater> Shape = new(
        "updater",
        new Dictionary<string, Type>(StringComparer.Ordinal)
        {
            ["noop"] = typeof(NoOpTensorUpdater),
            ["sgd"] = typeof(SgdTensorUpdater),
            ["adagrad"] = typeof(AdaGradTensorUpdater),
            ["adam"] = typeof(AdamTensorUpdater),
            ["adamw"] = typeof(AdamWTensorUpdater),
            ["ftrl"] = typeof(FtrlTensorUpdater),
            ["ema"] = typeof(EmaTensorUpdater),
        },
        updater => updater.Validate());

    /// <summary>The type names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Types => Shape.Names;

    /// <summary>Reads an updater; the result is valid.</summary>
    /// <exception cref="BadInputException">
    /// No JSON, unknown type (the message lists the known ones), unknown option, wrong kind of value, or out of range.
    /// </exception>
    public static TensorUpdater Parse(string json) => Shape.Read(json);

    /// <summary>Writes an updater with all its options, on one line.</summary>
    public static string Write(TensorUpdater updater) => Shape.Write(updater);
}
