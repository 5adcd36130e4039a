using System.Text.Json;
using System.Text.Json.Serialization;

namespace MetaSpore.Spark.Model.Initializers;

/// <summary>Lets initialisers inside other options travel in the form of <see cref="TensorInitializerJson"/>.</summary>
sealed class TensorInitializerJsonConverter : JsonConverter<TensorInitializer>
{
    /// <inheritdoc/>
    public override TensorInitializer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TensorInitializerJson.Shape.Read(JsonElement.ParseValue(ref reader));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TensorInitializer value, JsonSerializerOptions options) =>
        TensorInitializerJson.Shape.Write(writer, value);
}
