using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Specs;

/// <summary>
/// Something that every worker builds for itself, named so that it can travel: a public type derived from
/// <typeparamref name="TBase"/>, its options as JSON, and the assembly that holds it. Immutable.
/// </summary>
/// <typeparam name="TBase">What the created object is used as.</typeparam>
[SuppressMessage("Design", "CA1000", Justification = "Both types are named at the call: Spec<LossFunction>.Of<HuberLoss>().")]
public sealed record Spec<TBase> where TBase : class
{
    /// <summary>Simple name of the assembly, such as <c>MyModels</c>.</summary>
    public required string Assembly { get; init; }

    /// <summary>Full name of the type, such as <c>MyModels.TwoTowers</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The constructor's argument; null when it takes nothing.</summary>
    public JsonElement? Options { get; init; }

    /// <summary>SHA-256 of the assembly's file, hexadecimal; checked before the file is loaded. Null does not check.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Where the assembly's file was; looked at when the process has not loaded it.</summary>
    public string? Path { get; init; }

    /// <summary>Why the type can't be built in another process, with the cure; null when it can.</summary>
    [JsonIgnore]
    public string? ShippingProblem => SpecAssembly.ShippingProblem(Assembly, Type, Path);

    /// <summary>Whether another process can build the type.</summary>
    [JsonIgnore]
    public bool IsShippable => ShippingProblem is null;

    /// <summary>Names a type and its options.</summary>
    /// <param name="options">What the constructor takes; JSON-serialisable. Null when it takes nothing.</param>
    /// <exception cref="BadInputException">The type can't be created from a spec, or the options don't survive JSON.</exception>
    public static Spec<TBase> Of<T>(object? options = null) where T : TBase
    {
        Type type = typeof(T);
        ConstructorInfo constructor = Constructor(type, options is not null);
        if (options is not null && !constructor.GetParameters()[0].ParameterType.IsInstanceOfType(options))
            throw new BadInputException($"{type.FullName} is created from {constructor.GetParameters()[0].ParameterType.FullName}, not from {options.GetType().FullName}.");
        return new Spec<TBase>
        {
            Assembly = type.Assembly.GetName().Name!,
            Type = type.FullName!,
            Options = options is null ? null : Serialize(type, options),
            Path = SpecAssembly.FileOf(type.Assembly),
        };
    }

    /// <summary>Names a type of an assembly's file.</summary>
    /// <param name="path">Path of the .dll, which exists.</param>
    /// <param name="type">Full name of the type.</param>
    /// <param name="options">What the constructor takes, in camel case; null when it takes nothing.</param>
    /// <exception cref="BadInputException">The file is missing or holds no .NET assembly.</exception>
    public static Spec<TBase> FromFile(string path, string type, JsonElement? options = null) => new()
    {
        Assembly = SpecAssembly.NameOf(path),
        Type = type,
        Options = options,
        Path = System.IO.Path.GetFullPath(path),
        Sha256 = SpecAssembly.HashOf(path),
    };

    /// <summary>The same spec, tied to the bytes that the assembly's file has now.</summary>
    /// <exception cref="BadInputException">The assembly has no file.</exception>
    public Spec<TBase> WithSha256() => this with { Sha256 = SpecAssembly.HashOf(Path ?? throw new BadInputException(ShippingProblem ?? $"{Type} has no assembly file to take a hash of.")) };

    /// <summary>Builds the object.</summary>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="BadInputException">The assembly, type, constructor or options don't fit; the constructor refused the options.</exception>
    public TBase Create()
    {
        Type type = SpecAssembly.Find(Assembly, Path, Sha256).GetType(Type)
            ?? throw new BadInputException($"The assembly {Assembly} has no type '{Type}'; give the full name with the namespace, such as MyModels.TwoTowers.");
        ConstructorInfo constructor = Constructor(type, Options is not null);
        try
        {
            return (TBase)constructor.Invoke([.. Arguments(type, constructor)]);
        }
        catch (TargetInvocationException thrown) when (thrown.InnerException is ArgumentException refused and not ArgumentNullException)
        {
            throw new BadInputException($"{type.FullName} refuses its options: {refused.Message}", refused);
        }
        catch (TargetInvocationException thrown) when (thrown.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(thrown.InnerException);
            throw;
        }
    }

    IEnumerable<object?> Arguments(Type type, ConstructorInfo constructor)
    {
        if (constructor.GetParameters() is not [{ } parameter]) yield break;
        if (Options is not { } json)
        {
            yield return parameter.DefaultValue;
            yield break;
        }

        yield return Deserialize(type, parameter.ParameterType, json);
    }

    static JsonElement Serialize(Type type, object options)
    {
        try
        {
            return JsonSerializer.SerializeToElement(options, options.GetType(), SpecJson.Options);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new BadInputException($"The options of {type.FullName} ({options.GetType().FullName}) can't be written as JSON: {error.Message}", error);
        }
    }

    static object? Deserialize(Type type, Type optionsType, JsonElement json)
    {
        try
        {
            return json.Deserialize(optionsType, SpecJson.Options);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new BadInputException(
                $"The options of {type.FullName} don't fit {optionsType.FullName}: {error.Message} It has the properties {string.Join(", ", optionsType.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)))}.",
                error);
        }
    }

    static ConstructorInfo Constructor(Type type, bool hasOptions)
    {
        if (!typeof(TBase).IsAssignableFrom(type)) throw new BadInputException($"{type.FullName} is not derived from {typeof(TBase).FullName}.");
        if (type.IsAbstract || !type.IsVisible || type.ContainsGenericParameters)
            throw new BadInputException($"{type.FullName} can't be created on a worker: expected a public class that is neither abstract nor open generic.");
        ConstructorInfo[] constructors = type.GetConstructors();
        ConstructorInfo? fitting = Array.Find(constructors, constructor => constructor.GetParameters().Length == (hasOptions ? 1 : 0))
            ?? (hasOptions ? null : Array.Find(constructors, constructor => constructor.GetParameters() is [{ HasDefaultValue: true }]));
        return fitting ?? throw new BadInputException(
            $"{type.FullName} has no public constructor that takes {(hasOptions ? "one options object" : "nothing (no options were given)")}; found {(constructors.Length == 0 ? "none" : string.Join("; ", constructors.Select(Describe)))}.");
    }

    static string Describe(ConstructorInfo constructor) =>
        $"({string.Join(", ", constructor.GetParameters().Select(parameter => $"{parameter.ParameterType.Name} {parameter.Name}"))})";
}
