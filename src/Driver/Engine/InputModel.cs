using System.Text.Json;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>A model's folder, ours or MetaSpore's own, opened to score with or to continue from.</summary>
/// <param name="Reader">The checkpoint.</param>
/// <param name="Description">What our models say about themselves; null for MetaSpore's own.</param>
sealed record InputModel(CheckpointReader Reader, ModelDescription? Description)
{
    /// <summary>Opens a model; its files are compared with their checksums when they are read, or by <see cref="CheckpointReader.VerifyAsync"/>.</summary>
    /// <exception cref="BadInputException">There is no model, or its manifest is damaged.</exception>
    public static InputModel Open(string path)
    {
        CheckpointReader reader = CheckpointReader.Open(path);
        try
        {
            return new InputModel(reader, reader.Manifest?.Section<ModelDescription>(Sections.Model, SpecJson.Options));
        }
        catch (JsonException error)
        {
            throw new BadInputException($"The manifest of '{path}' describes a model that this build can't read: {error.Message}", error);
        }
    }

    /// <summary>The layout with the updaters and initialisers that the model was trained with.</summary>
    /// <param name="layout">What the new job says.</param>
    /// <exception cref="BadInputException">The model does not say which they were.</exception>
    public StoreLayout WithStoredUpdaters(StoreLayout layout)
    {
        if (Reader.Manifest is null)
        {
            throw new BadInputException(
                $"'{Reader.Directory}' is a checkpoint of MetaSpore, whose updaters can't be read. Set useFreshUpdaters to true and name its updaters " +
                "in the job; with freshState false they continue its states.");
        }

        Dictionary<string, CheckpointTable> tables = Reader.Tables.ToDictionary(table => table.Name, StringComparer.Ordinal);
        Dictionary<string, CheckpointTensor> tensors = Reader.DenseTensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        return layout with
        {
            Tables = [.. layout.Tables.Select(table => tables.GetValueOrDefault(table.Name) is not { } stored ? table : table with
            {
                Updater = stored.Updater is { } updater ? TensorUpdaterJson.Parse(updater.GetRawText()) : table.Updater,
                Initializer = stored.Initializer is { } initializer ? TensorInitializerJson.Parse(initializer.GetRawText()) : table.Initializer,
            })],
            DenseTensors = [.. layout.DenseTensors.Select(tensor => tensors.GetValueOrDefault(tensor.Name)?.Updater is not { } updater
                ? tensor
                : tensor with { Updater = TensorUpdaterJson.Parse(updater.GetRawText()) })],
        };
    }

    /// <summary>Refuses to continue with other keys or another layout than the model was trained with.</summary>
    /// <param name="ticket">The new job.</param>
    /// <param name="layout">Its tables and dense tensors.</param>
    /// <param name="loadState">Whether the optimiser states are continued.</param>
    public void Check(JobTicket ticket, StoreLayout layout, bool loadState)
    {
        Reader.RequireHashMode(ticket.Hash);
        Reader.RequireLayout(layout, loadState);
    }

    /// <summary>Loads all parameters of a model whose files were verified.</summary>
    /// <param name="client">The shards.</param>
    /// <param name="loadState">Whether the optimiser states are continued; otherwise they start at zero.</param>
    public Task LoadAsync(ParameterClient client, bool loadState) =>
        Reader.LoadAsync(client, new CheckpointLoadOptions { LoadState = loadState, Verify = false }, CancellationToken.None);

    /// <summary>The description, which scoring needs.</summary>
    /// <exception cref="BadInputException">The folder holds parameters without one.</exception>
    public ModelDescription RequireDescription() => Description ?? throw new BadInputException(
        $"'{Reader.Directory}' holds parameters but does not say which network and features they belong to (MetaSpore's own checkpoints don't). " +
        "Name it as input.model of a job that describes them: with training.epochs 0 it is taken over as it is, else trained further.");
}
