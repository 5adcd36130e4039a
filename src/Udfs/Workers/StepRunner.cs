using System.Runtime.InteropServices;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Runs the step of a network on prepared batches and checks what it gives. Not thread-safe.</summary>
/// <param name="model">The network.</param>
/// <param name="step">What makes predictions and loss.</param>
/// <param name="loss">The job's loss.</param>
sealed class StepRunner(SparseModel model, MinibatchTransformer step, LossFunction loss)
{
    /// <summary>Loads the operators with the batch's rows and runs the step, in the dispose scope that is open.</summary>
    /// <param name="batch">The batch, its rows pulled.</param>
    /// <param name="training">Whether a backward pass follows.</param>
    /// <param name="seed">For everything random in the step.</param>
    /// <exception cref="BadInputException">The predictions have another shape than (B, 1), or training has no loss.</exception>
    public (Tensor Predictions, Tensor? Loss) Run(PreparedBatch batch, bool training, ulong seed)
    {
        StepExchangeBuilder.Load(model, batch, training);
        Tensor? labels = null;
        if (training || !batch.Labels.IsEmpty)
        {
            labels = empty([batch.BatchSize, 1]);
            batch.Labels.AsSpan<byte>().CopyTo(labels.bytes);
        }

        var minibatch = new Minibatch(batch.BatchSize, batch.Columns, labels, training, seed);
        using IDisposable? gradients = training ? null : no_grad();
        (Tensor predictions, Tensor? value) = step.Transform(model, minibatch, loss);
        Check(batch.BatchSize, predictions, value, training);
        return (predictions, value);
    }

    /// <summary>The elements of checked predictions, shape (B); valid as long as the scope is open.</summary>
    public static ReadOnlySpan<float> Values(Tensor predictions) =>
        MemoryMarshal.Cast<byte, float>(predictions.detach().contiguous().bytes);

    void Check(int rows, Tensor predictions, Tensor? value, bool training)
    {
        string name = (step is DefaultStep ? model.Module.GetType() : step.GetType()).FullName!;
        if (!(predictions.shape is [long count, 1] && count == rows && predictions.dtype == ScalarType.Float32))
        {
            throw new BadInputException(
                $"{name} gives predictions of shape ({string.Join(", ", predictions.shape)}) and type {predictions.dtype} for {rows} rows; " +
                $"expected ({rows}, 1) of Float32: one number a row.");
        }

        if (training && value is null) throw new BadInputException($"{name} gives no loss in training; expected a scalar, the mean over the batch.");
    }
}
