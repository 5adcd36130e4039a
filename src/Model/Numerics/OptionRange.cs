using System.Globalization;
using System.Text.Json;

namespace MetaSpore.Spark.Model.Numerics;

/// <summary>The sentences about options that are out of range; option names are spelled as in JSON and YAML.</summary>
static class OptionRange
{
    public static IEnumerable<string> Positive(string owner, string option, double value) =>
        value > 0 && double.IsFinite(value) ? [] : [Problem(owner, option, value, "above 0")];

    public static IEnumerable<string> NotNegative(string owner, string option, double value) =>
        value >= 0 && double.IsFinite(value) ? [] : [Problem(owner, option, value, "of at least 0")];

    public static IEnumerable<string> Fraction(string owner, string option, double value) =>
        value is >= 0 and < 1 ? [] : [Problem(owner, option, value, "of at least 0 and below 1")];

    public static string Problem(string owner, string option, double value, string range) => string.Create(
        CultureInfo.InvariantCulture, $"{owner}: {JsonNamingPolicy.CamelCase.ConvertName(option)} is {value}; expected a number {range}");
}
