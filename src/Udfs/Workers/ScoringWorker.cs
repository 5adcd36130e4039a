using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Scores rows: read-only pulls and a forward pass without gradients.</summary>
/// <param name="worker">The worker: network and rank.</param>
/// <param name="step">Forward.</param>
sealed class ScoringWorker(WorkerSession worker, StepRunner step)
{
    readonly SparseModel _model = worker.Model;
    readonly StepExchange _exchange = new();

    /// <summary>Scores all batches in order; the dense tensors are pulled once.</summary>
    public void Score(BatchPreparer batches, ScoredBatch scored, CancellationToken cancellationToken)
    {
        IParameterStore store = worker.Store;
        torch.set_num_threads(worker.Ticket.TorchThreads);
        bool pullDense = true;
        while (batches.Take() is { } batch)
        {
            _exchange.Clear();
            _exchange.Step = new StepKey(store.Layout.RunId, store.Layout.Generation, 0, worker.Rank, -1);
            StepExchangeBuilder.AddSparsePulls(_model, _exchange, batch, training: false);
            if (pullDense) _model.AddDensePulls(_exchange);
            pullDense = false;
            ValueTask exchange = store.ExchangeAsync(_exchange, cancellationToken);
            if (!exchange.IsCompletedSuccessfully) exchange.AsTask().GetAwaiter().GetResult();
            Forward(batch, scored);
            batches.Return(batch);
        }
    }

    void Forward(PreparedBatch batch, ScoredBatch scored)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        (Tensor predictions, _) = step.Run(batch, training: false, seed: 0);
        scored(batch.Columns!, StepRunner.Values(predictions), batch.Labels.AsSpan<float>());
    }
}
