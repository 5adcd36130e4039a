using System.CommandLine;
using Apache.Arrow;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore convert</c>.</summary>
static class ConvertVerb
{
    const int BatchSize = 8192;

    const string Examples = """
        metaspore convert --config job.yaml --split train --output train.parquet
            the training rows as the job reads them: its columns, typed, and the label as 0 or 1
        metaspore convert --config job.yaml --split test --output test.csv
            the same as text, to look at them; also .arrow
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> config = CommonOptions.Config();
        Option<string[]> set = CommonOptions.Set();
        Option<DataSplit> split = new("--split") { Description = "Which rows: train, validation or test", HelpName = "SPLIT", DefaultValueFactory = _ => DataSplit.Train };
        Option<string> output = new("--output", "-o") { Description = "File to write: .parquet, .csv or .arrow", HelpName = "FILE", Required = true };
        Verb verb = new("convert", "Write the rows of a job as the job would read them.", Examples) { config, set, split, output };
        verb.SetAction((parsed, cancellationToken) => Task.FromResult(Run(
            context,
            JobConfig.Load(parsed.GetValue(config)!, parsed.GetValue(set), JobPurpose.Convert),
            parsed.GetValue(split),
            parsed.GetValue(output)!,
            cancellationToken)));
        return verb;
    }

    static int Run(CliContext context, JobConfig job, DataSplit split, string output, CancellationToken cancellationToken)
    {
        output = CommonOptions.RequireOutput(output);
        DatasetSpec spec = job.Data.For(split) with { Columns = job.Features.Columns, KeepOtherColumns = job.Features.Columns.Count == 0 };
        if (spec.Inputs.Count == 0) throw new BadInputException($"{job.File}: there is no data.{split.ToString().ToLowerInvariant()}; nothing to convert");

        DatasetReader reader = DatasetReader.Open(spec);
        IProgress<long> progress = CommonOptions.ShowRows(context.Status, "converting");
        using RecordBatchWriter writer = RecordBatchWriter.Create(output, reader.Schema);
        long rows = 0;
        foreach (RecordBatch batch in reader.ReadInOrder(BatchSize, cancellationToken))
        {
            using (batch) writer.Write(batch);
            progress.Report(rows += batch.Length);
        }

        writer.Complete();
        context.Status.SetStatus("");
        context.Output.WriteLine($"{rows:N0} rows written to {output}");
        return ExitCode.Ok;
    }
}
