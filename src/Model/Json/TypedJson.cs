using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Json;

/// <summary>
/// Reads and writes immutable options whose JSON object names their type: <c>{"type":"adam","learningRate":0.001}</c>.
/// Types of ours have short names; a user's own type has <c>Namespace.Type, Assembly</c> and its assembly must be loaded
/// already. Whatever comes out of reading is valid. Thread-safe.
/// </summary>
/// <typeparam name="TBase">Base of the types.</typeparam>
/// <param name="noun">What the types are, for messages: "updater".</param>
/// <param name="types">The short names.</param>
/// <param name="validate">The violated ranges of a value.</param>
sealed class TypedJson<TBase>(string noun, IReadOnlyDictionary<string, Type> types, Func<TBase, IEnumerable<string>> validate)
    where TBase : class
{
    const string Discriminator = "type";

    static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>The short names, in alphabetical order.</summary>
    public IReadOnlyList<string> Names { get; } = [.. types.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Reads a value from text.</summary>
    /// <exception cref="BadInputException">The text is no JSON, or <see cref="Read(JsonElement)"/> refuses it.</exception>
    public TBase Read(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new BadInputException($"the {noun} is not valid JSON: {e.Message} Found: {json}", e);
        }
    }

    /// <summary>Reads a value.</summary>
    /// <exception cref="BadInputException">Unknown type or option, wrong kind of value, or a value out of range.</exception>
    public TBase Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"expected the {noun} as an object like {{\"type\":\"{Names[0]}\"}}; found {element.GetRawText()}");
        if (!element.TryGetProperty(Discriminator, out JsonElement name) || name.ValueKind != JsonValueKind.String)
            throw new BadInputException($"the {noun} {element.GetRawText()} has no type; give one of {string.Join(", ", Names)}");

        JsonTypeInfo info = s_options.GetTypeInfo(Find(name.GetString()!));
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Name != Discriminator && OptionsOf(info).All(known => known.Name != property.Name))
                throw new BadInputException($"{noun} '{name.GetString()}' has no option '{property.Name}'; its options: {Describe(info)}");
        }

        TBase value = Deserialize(element, name.GetString()!, info);
        string[] problems = [.. validate(value)];
        return problems.Length == 0 ? value : throw new BadInputException(problems);
    }

    /// <summary>Writes a value with its type and all options.</summary>
    public void Write(Utf8JsonWriter writer, TBase value)
    {
        JsonTypeInfo info = s_options.GetTypeInfo(value.GetType());
        JsonObject options = JsonSerializer.SerializeToNode(value, info)!.AsObject();
        writer.WriteStartObject();
        writer.WriteString(Discriminator, NameOf(value.GetType()));
        foreach (string option in OptionsOf(info).Select(known => known.Name))
        {
            if (options[option] is not { } node) continue;
            writer.WritePropertyName(option);
            node.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a value as text on one line.</summary>
    public string Write(TBase value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) Write(writer, value);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    string NameOf(Type type) =>
        types.FirstOrDefault(pair => pair.Value == type).Key ?? $"{type.FullName}, {type.Assembly.GetName().Name}";

    Type Find(string name)
    {
        if (types.TryGetValue(name, out Type? known)) return known;
        int comma = name.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
            throw new BadInputException($"unknown {noun} '{name}'; known are {string.Join(", ", Names)}, and your own as 'Namespace.Type, Assembly'");

        string assembly = name[(comma + 1)..].Trim();
        Type? found = AppDomain.CurrentDomain.GetAssemblies()
            .Where(loaded => loaded.GetName().Name == assembly)
            .Select(loaded => loaded.GetType(name[..comma].Trim()))
            .FirstOrDefault(type => type is not null);
        if (found is null)
            throw new BadInputException($"{noun} '{name}' was not found; its assembly '{assembly}' must be loaded and hold that type");
        if (found.IsAbstract || !typeof(TBase).IsAssignableFrom(found))
            throw new BadInputException($"{noun} '{name}' is abstract or does not derive from {typeof(TBase).Name}");
        return found;
    }

    TBase Deserialize(JsonElement element, string name, JsonTypeInfo info)
    {
        try
        {
            return (TBase)element.Deserialize(info)!;
        }
        catch (JsonException e)
        {
            string option = e.Path is { Length: > 2 } path ? path[2..] : "";
            string found = element.TryGetProperty(option, out JsonElement at) ? at.GetRawText() : element.GetRawText();
            throw new BadInputException($"{noun} '{name}': '{option}' can't be {found}; its options: {Describe(info)}", e);
        }
    }

    // Computed properties have no setter and are no options.
    static IEnumerable<JsonPropertyInfo> OptionsOf(JsonTypeInfo info) =>
        info.Properties.Where(property => property.Set is not null || property.AssociatedParameter is not null);

    static string Describe(JsonTypeInfo info)
    {
        string[] options = [.. OptionsOf(info).Select(property => $"{property.Name} ({Kind(property.PropertyType)})")];
        return options.Length == 0 ? "none" : string.Join(", ", options);
    }

    static string Kind(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) ? "true or false"
            : type.IsEnum ? string.Join(" or ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName))
            : type == typeof(string) ? "text"
            : "number";
    }
}
