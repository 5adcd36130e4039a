using System.Text.Json;
using System.Text.Json.Serialization;

namespace MetaSpore.Spark.Model.Columns;

/// <summary>
/// The features of one embedding operator, in order: slot f of a row belongs to feature f. Immutable; equal when the
/// features are. As JSON it is its text: one feature a line, <c>col</c> or <c>colA#colB</c>.
/// </summary>
/// <param name="Features">The features (F of them).</param>
[JsonConverter(typeof(CombineSchemaJsonConverter))]
public sealed record CombineSchema(IReadOnlyList<CombineFeature> Features)
{
    /// <summary>Every column that a feature uses, once, in order of first use.</summary>
    public IReadOnlyList<string> Columns { get; } =
        [.. Features.SelectMany(feature => feature.Columns).Distinct(StringComparer.Ordinal)];

    /// <summary>The text form: one feature a line, each line ended by <c>\n</c>.</summary>
    public override string ToString() => string.Concat(Features.Select(feature => feature + "\n"));

    /// <summary>Whether both have equal features in the same order.</summary>
    public bool Equals(CombineSchema? other) => other is not null && Features.SequenceEqual(other.Features);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());
}

sealed class CombineSchemaJsonConverter : JsonConverter<CombineSchema>
{
    public override CombineSchema Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new([.. (reader.GetString() ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => new CombineFeature(line.Split('#')))]);

    public override void Write(Utf8JsonWriter writer, CombineSchema value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
