using System.CommandLine;
using MetaSpore.Spark.Driver.Progress;
using MetaSpore.Spark.Driver.Reports;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore evaluate</c>.</summary>
static class EvaluateVerb
{
    const string Examples = """
        metaspore evaluate --model out/model --data test.csv.gz
            AUC and log-loss of the model on other rows
        metaspore evaluate --model out/model --data day1.parquet day2.parquet --json
            several files together; the result as one JSON object
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> model = CommonOptions.Model();
        Option<string[]> data = CommonOptions.Data();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new("evaluate", "Measure a trained model on rows with labels.", Examples) { model, data, json };
        verb.SetAction((parsed, cancellationToken) =>
            RunAsync(context, parsed.GetValue(model)!, parsed.GetValue(data)!, parsed.GetValue(json), cancellationToken));
        return verb;
    }

    /// <summary>Runs the verb.</summary>
    public static async Task<int> RunAsync(CliContext context, string model, string[] data, bool json, CancellationToken cancellationToken)
    {
        model = CommonOptions.RequireModel(model);
        IReadOnlyList<InputFile> inputs = CommonOptions.RequireInputs(data);
        EvaluationResult result = await context.Engine.EvaluateAsync(model, inputs, CommonOptions.ShowRows(context.Status, "evaluating"), cancellationToken);
        context.Status.SetStatus("");
        context.Output.WriteLine(json ? SummaryText.ToJson(result) : SummaryText.Describe(result));
        return ExitCode.Ok;
    }
}
