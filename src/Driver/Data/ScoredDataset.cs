using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Apache.Arrow;
using MetaSpore.Spark.Driver.Engine;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>Rows of another data set with label and prediction, computed while they are read.</summary>
/// <param name="Model">Scores.</param>
/// <param name="Rows">The rows.</param>
sealed record ScoredDataset(TorchModel Model, Dataset Rows) : Dataset
{
    const int Ahead = 4;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<RecordBatch> ReadAsync(
        int batchSize = 1024, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<RecordBatch> results = Channel.CreateBounded<RecordBatch>(Ahead);
        Task scoring = Task.Run(() => ScoreAsync(batchSize, results.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (RecordBatch batch in results.Reader.ReadAllAsync(cancellationToken)) yield return batch;
        }
        finally
        {
            await stop.CancelAsync();
            await scoring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal override async Task<LocalDataset> StoreAsync(string path, CancellationToken cancellationToken)
    {
        await RowFiles.WriteAsync(path, ReadAsync(cancellationToken: cancellationToken), cancellationToken);
        return LocalDataset.Arrow(path) with { Label = new LabelRule(InputModel.Open(Model.ModelInPath).RequireDescription().LabelColumn) };
    }

    async Task ScoreAsync(int batchSize, ChannelWriter<RecordBatch> results, CancellationToken cancellationToken)
    {
        string copy = Path.Combine(Path.GetTempPath(), $"metaspore-{Guid.NewGuid():N}.arrow");
        try
        {
            await using LocalScoring scoring = await LocalScoring.OpenAsync(Model with { BatchSize = batchSize }, cancellationToken);
            DatasetReader reader = scoring.Open(await Rows.StoreAsync(copy, cancellationToken), keepInput: true);
            var columns = new PredictionColumns(scoring.Description);
            await scoring.ScoreAsync(
                reader,
                (rows, predictions, labels) =>
                {
                    ValueTask write = results.WriteAsync(columns.Append(rows.Clone(), predictions, labels), cancellationToken);
                    if (!write.IsCompletedSuccessfully) write.AsTask().GetAwaiter().GetResult();
                },
                cancellationToken);
            results.Complete();
        }
#pragma warning disable CA1031 // Whoever reads the channel gets the error.
        catch (Exception error)
#pragma warning restore CA1031
        {
            results.TryComplete(error);
        }
        finally
        {
            File.Delete(copy);
        }
    }
}
