using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>model</c> section: the network.</summary>
/// <param name="Type">A ready network's name, or the full name of a type in <paramref name="Assembly"/>.</param>
/// <param name="Assembly">Full path of the assembly that holds the type; null: a ready network.</param>
/// <param name="Options">Options as in the file, property names in camelCase; not to be changed.</param>
sealed record ModelConfig(string Type, string? Assembly, JsonObject Options)
{
    /// <summary>The names of the ready networks.</summary>
    public static IReadOnlyList<string> ReadyNetworks { get; } =
        [nameof(LogisticRegression), nameof(FactorizationMachine), nameof(WideDeep), nameof(DeepFm)];

    /// <summary>
    /// The network over a job's features. A network of the user's own gets them too, when its options have properties
    /// <c>Columns</c> and <c>DenseColumns</c> that the file leaves out.
    /// </summary>
    /// <exception cref="BadInputException">The assembly or type is no network, or an option doesn't fit.</exception>
    public Spec<SparseModule> CreateSpec(FeatureSpec features)
    {
        if (Assembly is not null) return CreateCustom(Assembly, features);
        return Type switch
        {
            nameof(LogisticRegression) => ModuleSpec.Of<LogisticRegression>(Ready<LogisticRegressionOptions>(features)),
            nameof(FactorizationMachine) => ModuleSpec.Of<FactorizationMachine>(Ready<FactorizationMachineOptions>(features)),
            nameof(WideDeep) => ModuleSpec.Of<WideDeep>(Ready<WideDeepOptions>(features)),
            _ => ModuleSpec.Of<DeepFm>(Ready<DeepFmOptions>(features)),
        };
    }

    // One file serves all four networks: an option that a network has no use for is left out.
    T Ready<T>(FeatureSpec features)
        where T : NetworkOptions
    {
        JsonObject options = WithColumns(Options, typeof(T), features);
        foreach (string name in Options.Select(option => option.Key).Where(name => FindProperty(typeof(T), name) is null)) options.Remove(name);
        T result = options.Deserialize<T>(SpecJson.Options)!;
        string[] problems = [.. result.Validate()];
        return problems.Length == 0 ? result : throw new BadInputException([.. problems.Select(problem => $"model: {problem}")]);
    }

    Spec<SparseModule> CreateCustom(string assembly, FeatureSpec features)
    {
        Spec<SparseModule> bare = Spec<SparseModule>.FromFile(assembly, Type);
        Type? type = System.Reflection.Assembly.LoadFrom(assembly).GetType(Type);
        ParameterInfo? parameter = type?.GetConstructors().SelectMany(constructor => constructor.GetParameters()).FirstOrDefault();
        if (parameter is null && Options.Count == 0) return bare;
        JsonObject options = parameter is null ? Options : WithColumns(Options, parameter.ParameterType, features);
        return bare with { Options = JsonSerializer.SerializeToElement(options) };
    }

    static JsonObject WithColumns(JsonObject given, Type optionsType, FeatureSpec features)
    {
        JsonObject options = (JsonObject)given.DeepClone();
        if (!options.ContainsKey("columns") && FindProperty(optionsType, "columns")?.PropertyType == typeof(CombineSchema))
            options["columns"] = JsonSerializer.SerializeToNode(features.Schema);
        if (!options.ContainsKey("denseColumns") && FindProperty(optionsType, "denseColumns")?.PropertyType.IsAssignableFrom(typeof(List<string>)) == true)
            options["denseColumns"] = JsonSerializer.SerializeToNode(features.DenseColumns);
        return options;
    }

    static PropertyInfo? FindProperty(Type type, string camelCaseName) =>
        Array.Find(type.GetProperties(), property => JsonNamingPolicy.CamelCase.ConvertName(property.Name) == camelCaseName);
}
