using System.Globalization;
using System.Reflection;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>
/// Options of an agent from the command line: <c>NAME=VALUE</c> sets the public property of that name, whose type decides
/// what the text means. Letter case, <c>_</c> and <c>-</c> in the name are ignored, so that <c>batch_size</c> is
/// <c>BatchSize</c>. A property of type <see cref="object"/> gets null, a bool, an int, a double or text, whichever fits first.
/// </summary>
static class AgentAttributes
{
    /// <summary>Sets properties.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="settings">Texts <c>NAME=VALUE</c>; the last of a name wins.</param>
    /// <exception cref="BadInputException">Something is wrong with them; the message names every problem.</exception>
    public static void Apply(Agent agent, IReadOnlyList<string> settings)
    {
        PropertyInfo[] properties = [.. agent.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)];
        List<string> problems = [];
        foreach (string setting in settings)
        {
            if (Set(agent, properties, setting) is { } problem) problems.Add($"--conf {setting}: {problem}");
        }

        if (problems.Count > 0) throw new BadInputException(problems);
    }

    static string? Set(Agent agent, PropertyInfo[] properties, string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0) return "expected NAME=VALUE";
        string name = setting[..equals].Trim(), text = setting[(equals + 1)..];
        PropertyInfo? property = Array.Find(properties, p => p.Name == name) ?? Array.Find(properties, p => Fold(p.Name) == Fold(name));
        if (property is null)
            return $"{agent.GetType().Name} has no property \"{name}\"; {NearestName.Suggest(name, [.. properties.Select(p => p.Name)], "its properties")}";
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (text == "null")
        {
            if (type.IsValueType && type == property.PropertyType) return $"{property.Name} can't be null; expected {Describe(type)}";
            property.SetValue(agent, null);
            return null;
        }

        if (!TryConvert(text, type, out object? value)) return $"expected {Describe(type)} for {property.Name}, found \"{text}\"";
        try
        {
            property.SetValue(agent, value);
            return null;
        }
        catch (TargetInvocationException e) when (e.InnerException is { } refused)
        {
            return refused.Message;
        }
    }

    static bool TryConvert(string text, Type type, out object? value)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        value = null;
        if (type == typeof(string)) value = text;
        else if (type == typeof(object)) value = Guess(text);
        else if (type == typeof(bool) && bool.TryParse(text, out bool flag)) value = flag;
        else if (type == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int small)) value = small;
        else if (type == typeof(long) && long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out long whole)) value = whole;
        else if (type == typeof(ulong) && ulong.TryParse(text, NumberStyles.None, culture, out ulong natural)) value = natural;
        else if (type == typeof(double) && double.TryParse(text, NumberStyles.Float, culture, out double number)) value = number;
        else if (type == typeof(float) && float.TryParse(text, NumberStyles.Float, culture, out float single)) value = single;
        else if (type == typeof(TimeSpan) && TimeSpan.TryParse(text, culture, out TimeSpan time)) value = time;
        else if (type.IsEnum && !long.TryParse(text, culture, out _) && Enum.TryParse(type, text, ignoreCase: true, out object? member)) value = member;
        return value is not null;
    }

    static object Guess(string text)
    {
        if (bool.TryParse(text, out bool flag)) return flag;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int whole)) return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : text;
    }

    static string Describe(Type type)
    {
        if (type.IsEnum) return "one of " + string.Join(", ", Enum.GetNames(type));
        if (type == typeof(bool)) return "true or false";
        if (type == typeof(int) || type == typeof(long)) return "a whole number";
        if (type == typeof(ulong)) return "a whole number, at least 0,";
        if (type == typeof(double) || type == typeof(float)) return "a number";
        if (type == typeof(TimeSpan)) return "a time such as 00:01:30";
        return type == typeof(string) ? "text" : $"a {type.Name}, which can't be given on the command line,";
    }

    static string Fold(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
}
