using System.CommandLine;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore predict</c>.</summary>
static class PredictVerb
{
    const string Examples = """
        metaspore predict --model out/model --data new.csv.gz --output scores.csv
            the input's columns as they are, label (0 or 1, if known) and rawPrediction, in the order of the rows
        metaspore predict --model out/model --data 'logs/*.parquet' --output scores.parquet
            many files into one; also .arrow
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> model = CommonOptions.Model();
        Option<string[]> data = CommonOptions.Data();
        Option<string> output = new("--output", "-o") { Description = "File to write: .parquet, .csv or .arrow", HelpName = "FILE", Required = true };
        Verb verb = new("predict", "Score rows with a trained model.", Examples) { model, data, output };
        verb.SetAction((parsed, cancellationToken) =>
            RunAsync(context, parsed.GetValue(model)!, parsed.GetValue(data)!, parsed.GetValue(output)!, cancellationToken));
        return verb;
    }

    /// <summary>Runs the verb.</summary>
    public static async Task<int> RunAsync(CliContext context, string model, string[] data, string output, CancellationToken cancellationToken)
    {
        output = CommonOptions.RequireOutput(output);
        model = CommonOptions.RequireModel(model);
        IReadOnlyList<InputFile> inputs = CommonOptions.RequireInputs(data);
        long rows = await context.Engine.PredictAsync(model, inputs, output, CommonOptions.ShowRows(context.Status, "predicting"), cancellationToken);
        context.Status.SetStatus("");
        context.Output.WriteLine($"{rows:N0} rows written to {output}");
        return ExitCode.Ok;
    }
}
