using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>A model's folder, ours or MetaSpore's own, opened to score with or to continue from.</summary>
/// <param name="Reader">The checkpoint.</param>
/// <param name="Description">What our models say about themselves; null for MetaSpore's own.</param>
sealed record InputModel(CheckpointReader Reader, ModelDescription? Description)
{
    /// <summary>Opens a model and verifies its checksums.</summary>
    /// <exception cref="BadInputException">There is no model, or it is damaged.</exception>
    public static InputModel Open(string path)
    {
        CheckpointReader reader = CheckpointReader.Open(Path.GetFullPath(path));
        try
        {
            return new InputModel(reader, reader.Manifest?.Section<ModelDescription>(Sections.Model, SpecJson.Options));
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The manifest of '{path}' describes a model that this build can't read: {error.Message}", error);
        }
    }

    /// <summary>Refuses to continue with other keys or another layout than the model was trained with.</summary>
    /// <param name="ticket">The new job.</param>
    /// <param name="layout">Its tables and dense tensors.</param>
    public void Check(JobTicket ticket, StoreLayout layout)
    {
        Reader.RequireHashMode(ticket.Hash);
        Reader.RequireLayout(layout);
    }

    /// <summary>Loads all parameters with their optimiser states.</summary>
    public Task LoadAsync(ParameterClient client) => Reader.LoadAsync(client, new CheckpointLoadOptions(), CancellationToken.None);

    /// <summary>The description, which scoring needs.</summary>
    /// <exception cref="BadInputException">The folder holds parameters without one.</exception>
    public ModelDescription RequireDescription() => Description ?? throw new BadInputException(
        $"'{Reader.Directory}' holds parameters but does not say which network and features they belong to (MetaSpore's own checkpoints don't). " +
        "Continue training from it with input.model, which writes a complete model.");
}
