using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Udfs.Workers;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Runs a network once, forward and backward, on two made-up rows, so that a mistake in it shows before anything starts.</summary>
static class ModuleCheck
{
    const int Rows = 2;

    /// <summary>Runs the network.</summary>
    /// <exception cref="BadInputException">It throws, or its predictions don't have shape (B, 1).</exception>
    public static void Run(SparseModel model, JobTicket ticket)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        var batches = new List<SparseBatch>();
        using var buffer = new NativeBuffer();
        var uniquifier = new KeyUniquifier();
        foreach (EmbeddingOperator op in model.Operators.Where(op => !op.IsBacking))
        {
            var keys = new SparseBatch();
            batches.Add(keys);
            Span<int> offsets = keys.BeginOffsets(Rows, op.FeatureCount);
            for (int i = 0; i < offsets.Length; i++) offsets[i] = i;
            keys.SetKeys([.. Enumerable.Range(1, Rows * op.FeatureCount).Select(key => (ulong)key)], uniquifier);
            int size = op.ElementType.ByteSize();
            NativeBlock rows = buffer.Reserve<byte>((long)keys.UniqueCount * op.EmbeddingSize * size);
            rows.AsSpan<byte>().Clear();
            op.Load(keys, rows, training: false);
        }

        foreach (var cast in model.Casts)
        {
            NativeBlock values = buffer.Reserve<float>((long)Rows * cast.Columns.Count);
            values.AsSpan<float>().Clear();
            cast.Load(values, Rows);
        }

        try
        {
            Tensor predictions = model.Forward(new Minibatch(Rows, null, null, Training: false, Seed: 0));
            long[] shape = predictions.shape;
            if (ticket.TrainingTransformer is null && !(shape is [Rows, 1] && predictions.dtype == ScalarType.Float32))
            {
                throw new BadInputException(
                    $"{model.Module.GetType().FullName} gives predictions of shape ({string.Join(", ", shape)}) and type {predictions.dtype} " +
                    $"for {Rows} rows; expected ({Rows}, 1) of Float32: one probability a row.");
            }
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new BadInputException($"{model.Module.GetType().FullName} fails on two made-up rows: {error.Message}", error);
        }
        finally
        {
            foreach (EmbeddingOperator op in model.Operators) op.EndStep();
            foreach (SparseBatch batch in batches) batch.Dispose();
        }
    }
}
