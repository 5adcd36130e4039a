using System.Text.Json;
using System.Text.Json.Serialization;

namespace MetaSpore.Spark.Model.Updaters;

/// <summary>Lets updaters inside other options travel in the form of <see cref="TensorUpdaterJson"/>.</summary>
sealed class TensorUpdaterJsonConverter : JsonConverter<TensorUpdater>
{
    /// <inheritdoc/>
    public override TensorUpdater Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TensorUpdaterJson.Shape.Read(JsonElement.ParseValue(ref reader));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TensorUpdater value, JsonSerializerOptions options) =>
        TensorUpdaterJson.Shape.Write(writer, value);
}
