using System.Globalization;
using System.Text.Json;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.Driver.Estimators;

/// <summary>A fitted <see cref="Pipeline"/>: its transformers in sequence.</summary>
/// <param name="Stages">The stages in order.</param>
public sealed record PipelineModel(IReadOnlyList<ITransformer> Stages) : ITransformer
{
    const string FileName = "pipeline.json";
    const int MaxBytes = 16 << 20;

    /// <inheritdoc/>
    public async Task<Dataset> TransformAsync(Dataset dataset, CancellationToken cancellationToken = default)
    {
        foreach (ITransformer stage in Stages) dataset = await stage.TransformAsync(dataset, cancellationToken);
        return dataset;
    }

    /// <summary>Writes the pipeline into a folder, local or on remote storage: models in folders <c>stage-N</c>, and <c>pipeline.json</c> last.</summary>
    /// <param name="path">A folder that does not exist or is empty.</param>
    /// <param name="cancellationToken">Ends the write; without <c>pipeline.json</c> what is there is no pipeline.</param>
    /// <exception cref="BadInputException">The folder is in use, or a stage is of a type that can't be saved.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        IObjectFolder folder = ObjectFolder.Open(path);
        if ((await folder.ListAsync("", cancellationToken)).Count > 0) throw new BadInputException($"'{path}' exists and is not empty; choose another folder.");
        SavedStage[] saved = [.. Stages.Select(Describe)];
        for (int i = 0; i < saved.Length; i++)
            if (Stages[i] is TorchModel model) await model.SaveAsync(StorageLocation.Join(path, FolderOf(i)), cancellationToken);
        await folder.PutAsync(FileName, JsonSerializer.SerializeToUtf8Bytes(saved, SpecJson.Options), cancellationToken);
    }

    /// <summary>Reads what <see cref="SaveAsync"/> wrote.</summary>
    /// <exception cref="BadInputException">There is no pipeline, or it is damaged.</exception>
    public static async Task<PipelineModel> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        byte[] content = await ObjectFolder.Open(path).TryGetAsync(FileName, cancellationToken, MaxBytes)
            ?? throw new BadInputException($"'{path}' is no pipeline: it has no {FileName}; check the path, or save the pipeline again.");
        SavedStage[] saved;
        try
        {
            saved = JsonSerializer.Deserialize<SavedStage[]>(content, SpecJson.Options) ?? throw new BadInputException($"'{path}/{FileName}' is empty; save the pipeline again.");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"'{path}/{FileName}' can't be read: {error.Message} Save the pipeline again with this build.", error);
        }

        return new PipelineModel([.. saved.Select((stage, i) => stage.Sql is { } statement
            ? new SqlTransformer(statement)
            : (ITransformer)TorchModel.Load(StorageLocation.Join(path, FolderOf(i))))]);
    }

    static SavedStage Describe(ITransformer stage, int number) => stage switch
    {
        SqlTransformer sql => new SavedStage(sql.Statement),
        TorchModel => new SavedStage(null),
        _ => throw new BadInputException(
            $"Stage {number} is a {stage.GetType()}, which can't be saved; a {nameof(SqlTransformer)} and a {nameof(TorchModel)} can. Save the others by themselves."),
    };

    static string FolderOf(int stage) => string.Create(CultureInfo.InvariantCulture, $"stage-{stage}");

    // A stage without a statement is a model in its folder.
    sealed record SavedStage(string? Sql);
}
