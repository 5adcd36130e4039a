using System.Diagnostics;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore demo</c>: every step of a model's life once, by the same verbs that a user would type.</summary>
static class DemoVerb
{
    const string FolderName = "metaspore-demo";
    const long TrainRows = 160_000;
    const long ValidationRows = 20_000;
    const long TestRows = 20_000;

    const string Examples = """
        metaspore demo
            takes a minute or two and writes only below ./metaspore-demo; can be run again
        """;

    const string Job = """
        # Written by "metaspore demo". Every key is explained in docs/configuration.md.
        data:
          train: [train.tsv]
          validation: [validation.tsv]
          test: [test.tsv]
          names: [label, I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12, I13,
                  C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C20,
                  C21, C22, C23, C24, C25, C26]
          label: label
        features:
          categorical: [C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C20,
                        C21, C22, C23, C24, C25, C26]
          lists: [C24, C25, C26]                  # several values in a cell, joined by |
          numeric: {columns: [I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12, I13], as: log2}
        model: {type: DeepFm, embeddingSize: 16, hiddenUnits: [256, 128, 64]}
        training:
          epochs: 2
          batchSize: 512
          earlyStopping: {metric: auc, patience: 1}
        output: {model: model, overwrite: true, metrics: metrics.jsonl, report: report.html}

        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Verb verb = new("demo", "Generate data, train DeepFM, evaluate and predict, and explain each step.", Examples);
        verb.SetAction((_, cancellationToken) => RunAsync(context, cancellationToken));
        return verb;
    }

    static async Task<int> RunAsync(CliContext context, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        Directory.CreateDirectory(FolderName);
        string At(string name) => Path.Combine(FolderName, name);

        Explain(context, "1. Data", $"""
            {TrainRows + ValidationRows + TestRows:N0} rows of made-up ad impressions: a label (clicked or not), 13 numbers, 23 categories and 3 lists of
            categories, with up to a million different values in a column. The true probability of each click is known.
            """);
        int code = await RunVerbAsync(context, cancellationToken, "generate", "--rows", $"{TrainRows + ValidationRows + TestRows}", "--output", At("rows.tsv"));
        if (code != ExitCode.Ok) return code;
        Split(At("rows.tsv"), [(At("train.tsv"), TrainRows), (At("validation.tsv"), ValidationRows), (At("test.tsv"), TestRows)], cancellationToken);
        await File.WriteAllTextAsync(At("job.yaml"), Job, cancellationToken);

        Explain(context, "2. Train", $"""
            {At("job.yaml")} says it all: the files, which columns are features, the network, how to train, what to write.
            Every value of a category is hashed to a key, and every key has a vector of 16 floats that training adjusts. DeepFM
            combines the vectors in pairs and in a multi-layer network. An epoch that is worse on the validation rows is not kept.
            """);
        code = await RunVerbAsync(context, cancellationToken, "train", "--config", At("job.yaml"));
        if (code != ExitCode.Ok) return code;

        Explain(context, "3. Evaluate", """
            AUC is the chance that a clicked row gets a higher score than one that was not: 0.5 is guessing, and even the true
            probabilities of these rows reach only 0.815. Log-loss punishes confident mistakes; always saying 20 % gives 0.50.
            """);
        code = await RunVerbAsync(context, cancellationToken, "evaluate", "--model", At("model"), "--data", At("test.tsv"));
        if (code != ExitCode.Ok) return code;

        Explain(context, "4. Predict", "The same rows with the model's probability as the column rawPrediction, in their order.");
        code = await RunVerbAsync(context, cancellationToken, "predict", "--model", At("model"), "--data", At("test.tsv"), "--output", At("predictions.csv"));
        if (code != ExitCode.Ok) return code;

        Explain(context, "5. Look around", "What the model's folder holds.");
        code = await RunVerbAsync(context, cancellationToken, "inspect", At("model"));
        if (code != ExitCode.Ok) return code;

        Explain(context, $"Done in {watch.Elapsed.TotalSeconds:F0} s", $"""
            Open {At("report.html")} in a browser for the curves, read {At("metrics.jsonl")} from a program,
            change {At("job.yaml")} and train again:
              metaspore train --config {At("job.yaml")} --set model.type=LogisticRegression --set output.model={At("linear")}
            """);
        return ExitCode.Ok;
    }

    static Task<int> RunVerbAsync(CliContext context, CancellationToken cancellationToken, params string[] arguments)
    {
        context.Output.WriteLine($"$ metaspore {string.Join(' ', arguments)}");
        return CommandLineProgram.RunAsync(arguments, context, cancellationToken);
    }

    static void Explain(CliContext context, string title, string text)
    {
        context.Output.WriteLine();
        context.Output.WriteLine(title);
        context.Output.WriteLine(text);
        context.Output.WriteLine();
        context.Output.Flush();
    }

    static void Split(string path, IReadOnlyList<(string Path, long Rows)> parts, CancellationToken cancellationToken)
    {
        using StreamReader reader = new(path);
        foreach ((string part, long rows) in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using StreamWriter writer = new(part) { NewLine = "\n" };
            for (long row = 0; row < rows && reader.ReadLine() is { } line; row++) writer.WriteLine(line);
        }
    }
}
