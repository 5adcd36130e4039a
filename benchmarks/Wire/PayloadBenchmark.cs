using Apache.Arrow;
using MetaSpore.Spark.Benchmarks.Training;
using MetaSpore.Spark.Model.Embeddings;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Wire;
using MetaSpore.Spark.Udfs.Features;
using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Benchmarks.Wire;

/// <summary>
/// Bytes that DeepFM's steps send and receive for a sample: the gradients and keys of one batch, the keys of the next and its rows,
/// encoded as bfloat16 with delta keys against float32 with plain keys (the baseline). The lengths are those of whole messages
/// less those of messages without any part, so that they include padding and no constant metadata.
/// </summary>
static class PayloadBenchmark
{
    const int Batches = 64;
    const WireEncoding Short = WireEncoding.BFloat16 | WireEncoding.DeltaKeys;

    public static void Run()
    {
        JobTicket ticket = DeepFmJob.Ticket(1, 0);
        using WorkerSession worker = new(ticket, 0);
        StoreLayout layout = new() { RunId = Guid.NewGuid(), Tables = worker.Model.Tables, DenseTensors = worker.Model.DenseTensors };
        SparseBatch[][] keys = Extract(ticket, worker.Model);
        double rows = (double)(Batches - 1) * DeepFmJob.BatchSize;
        Console.WriteLine(DeepFmJob.Title);
        Console.WriteLine($"{keys.Average(batch => batch[0].UniqueCount):N0} distinct keys a batch on average; bytes a sample, both ways");
        Console.WriteLine($"{"",-40}{"float32, plain",16}{"bf16, delta",16}{"ratio",10}");
        for (int table = 0; table < layout.Tables.Count; table++)
            Report($"{layout.Tables[table].Name} ({layout.Tables[table].Dimension})", encoding => Sparse(layout, encoding, worker.Model, keys, [table]));
        Report("all tables", encoding => Sparse(layout, encoding, worker.Model, keys, [.. Enumerable.Range(0, layout.Tables.Count)]));
        Report("dense tensors", encoding => (Batches - 1) * Dense(layout, encoding));

        void Report(string name, Func<WireEncoding, long> measure)
        {
            double plain = measure(WireEncoding.Plain) / rows, brief = measure(Short) / rows;
            Console.WriteLine($"{name,-40}{plain,16:N1}{brief,16:N1}{brief / plain,10:P1}");
        }
    }

    static SparseBatch[][] Extract(JobTicket ticket, SparseModel model)
    {
        FeatureExtractor extractor = new(ticket.Hash, model.Schemas, ticket.FeatureState);
        SparseBatch[][] keys = new SparseBatch[Batches][];
        for (int i = 0; i < Batches; i++)
        {
            keys[i] = [.. model.Schemas.Select(_ => new SparseBatch())];
            using RecordBatch rows = CriteoRows.Batch((ulong)i, DeepFmJob.BatchSize);
            extractor.Extract(rows, keys[i]);
        }

        return keys;
    }

    static long Sparse(StoreLayout layout, WireEncoding encoding, SparseModel model, SparseBatch[][] keys, int[] tables)
    {
        ExchangeFormat format = new(layout, 0, 1, encoding);
        using Codec codec = new(format);
        using NativeBuffer memory = new();
        long bytes = 0;
        for (int i = 1; i < keys.Length; i++)
        {
            StepExchange exchange = new();
            foreach (int table in tables)
            {
                NativeBlock pushed = keys[i - 1][model.SchemaOfOperator[table]].UniqueKeys, pulled = keys[i][model.SchemaOfOperator[table]].UniqueKeys;
                long largest = Math.Max(pushed.ByteLength, pulled.ByteLength) / sizeof(ulong);
                NativeBlock values = memory.Reserve<byte>(largest * format.RowBytes(table));
                exchange.SparsePushes.Add(new SparsePush(table, pushed, values.Slice(0, pushed.ByteLength / sizeof(ulong) * format.RowBytes(table))));
                exchange.SparsePulls.Add(new SparsePull(table, pulled, values.Slice(0, pulled.ByteLength / sizeof(ulong) * format.RowBytes(table)), false, false));
            }

            bytes += codec.Measure(exchange);
        }

        return bytes;
    }

    static long Dense(StoreLayout layout, WireEncoding encoding)
    {
        ExchangeFormat format = new(layout, 0, 1, encoding);
        using Codec codec = new(format);
        using NativeBuffer memory = new();
        NativeBlock values = memory.Reserve<byte>(Enumerable.Range(0, layout.DenseTensors.Count).Max(format.DenseBytes));
        StepExchange exchange = new();
        for (int i = 0; i < layout.DenseTensors.Count; i++)
        {
            exchange.DensePushes.Add(new DensePush(i, values.Slice(0, format.DenseBytes(i))));
            exchange.DensePulls.Add(new DensePull(i, values.Slice(0, format.DenseBytes(i))));
        }

        return codec.Measure(exchange);
    }

    /// <summary>Both directions of a stream.</summary>
    sealed class Codec : IDisposable
    {
        readonly ExchangeFormat _format;
        readonly WorkerCodec _worker;
        readonly BatchEncoder _answer;
        readonly long _empty;

        public Codec(ExchangeFormat format)
        {
            _format = format;
            _worker = new WorkerCodec(format);
            _answer = new BatchEncoder(format.Answer, WireHeader.AnswerLength);

            // The first message of a direction also holds the schema.
            Length(new StepExchange());
            _empty = Length(new StepExchange());
        }

        /// <summary>Bytes of the parts of a request and of its answer.</summary>
        public long Measure(StepExchange exchange) => Length(exchange) - _empty;

        public void Dispose() => _worker.Dispose();

        long Length(StepExchange exchange)
        {
            long request = _worker.Encode(exchange).Content!.ByteLength;
            _answer.Clear();
            foreach (SparsePull pull in exchange.SparsePulls) _answer.Set(pull.Table, pull.Rows);
            foreach (DensePull pull in exchange.DensePulls) _answer.Set(_format.DensePullColumn(pull.Tensor), pull.Values);
            _answer.Complete();
            return request + _answer.ByteLength;
        }
    }
}
