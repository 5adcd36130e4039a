using Apache.Arrow;
using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>A model loaded to score with, in this process.</summary>
sealed class LocalScoring : IAsyncDisposable
{
    readonly TorchModel _model;
    readonly WorkerSession _worker;
    readonly WorkerThread _thread = new("metaspore-score");
    readonly ParameterClient _client;

    LocalScoring(TorchModel model, ModelDescription description, WorkerSession worker, ParameterClient client)
    {
        _model = model;
        Description = description;
        _worker = worker;
        _client = client;
    }

    /// <summary>What the model says of itself.</summary>
    public ModelDescription Description { get; }

    /// <summary>Loads a model.</summary>
    /// <exception cref="BadInputException">It is damaged, or does not fit its own network.</exception>
    public static async Task<LocalScoring> OpenAsync(TorchModel model, CancellationToken cancellationToken)
    {
        InputModel input = InputModel.Open(model.ModelInPath);
        ModelDescription description = input.RequireDescription();
        var worker = new WorkerSession(description.Ticket, 0);
        var layout = new StoreLayout
        {
            RunId = Guid.NewGuid(),
            Tables = worker.Model.Tables,
            DenseTensors = worker.Model.DenseTensors,
        };
        var scoring = new LocalScoring(model, description, worker, ParameterClient.CreateLocal(layout, model.ServerCount));
        try
        {
            worker.Connect(scoring._client);
            await input.Reader.LoadAsync(scoring._client, new() { LoadState = false }, cancellationToken);
            return scoring;
        }
        catch
        {
            await scoring.DisposeAsync();
            throw;
        }
    }

    /// <summary>The rows as this model reads them.</summary>
    /// <param name="dataset">Rows in files.</param>
    /// <param name="keepInput">Whether every column is delivered as it is, besides what the model reads of it.</param>
    public DatasetReader Open(LocalDataset dataset, bool keepInput)
    {
        DatasetSpec spec = dataset.Spec with { Columns = Description.Dataset.Columns, KeepOtherColumns = keepInput, KeepOriginals = keepInput };
        LabelRule? label = spec.Label ?? Description.Dataset.Label;
        bool isKnown = label is not null && DatasetReader.ColumnNames(spec).Contains(label.Column);
        return DatasetReader.Open(spec with { Label = isKnown ? label : null });
    }

    /// <summary>Scores all rows of <paramref name="reader"/> in order.</summary>
    public Task ScoreAsync(DatasetReader reader, ScoredBatch scored, CancellationToken cancellationToken) =>
        _thread.RunAsync(() => _worker.Score(ReadInOrder(reader, cancellationToken), scored, cancellationToken));

    /// <summary>Scores labelled rows and measures the predictions.</summary>
    public async Task<EvaluationResult> EvaluateAsync(Dataset dataset, IProgress<long>? rows, CancellationToken cancellationToken)
    {
        string copy = Path.Combine(Path.GetTempPath(), $"metaspore-{Guid.NewGuid():N}.arrow");
        try
        {
            DatasetReader reader = Open(await dataset.StoreAsync(copy, cancellationToken), keepInput: false);
            if (reader.Spec.Label is null)
            {
                throw new BadInputException(
                    $"The rows of '{reader.FilePaths[0]}' have no label column '{Description.Dataset.Label?.Column}': there is nothing to " +
                    "compare the predictions with. Evaluate labelled rows, or predict.");
            }

            return Results.Of(await _thread.RunAsync(() => _worker.Evaluate(ReadInOrder(reader, cancellationToken), rows, cancellationToken)));
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _thread.Dispose();
        await _client.DisposeAsync();
        _worker.Dispose();
    }

    IEnumerable<RecordBatch> ReadInOrder(DatasetReader reader, CancellationToken cancellationToken) =>
        reader.ReadInOrder(_model.BatchSize, cancellationToken);
}
