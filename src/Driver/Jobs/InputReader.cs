using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Reads the <c>input</c> section.</summary>
static class InputReader
{
    /// <summary>Reads the section; problems go to its document.</summary>
    /// <param name="section">The section.</param>
    /// <param name="output">What is written, which the input must not be; null: nothing.</param>
    /// <param name="training">How to train as far as it is known.</param>
    /// <returns>The input, null without one, and how to train.</returns>
    public static (InputConfig? Input, TrainingOptions Training) Read(JobSection section, OutputConfig? output, TrainingOptions training)
    {
        string? model = section.FilePath("model");
        training = training with
        {
            UseFreshUpdaters = section.Flag("useFreshUpdaters", true),
            FreshState = section.Find("freshState") is null ? null : section.Flag("freshState", true),
        };
        TableImport?[] imports = [.. section.Items("importFrom").Select(item => ReadImport(new JobSection(section.Document, item.Path, item.Node)))];
        section.Close();
        bool hasModel = section.Find("model") is not null;
        if (section.IsPresent && !hasModel && imports.Length == 0)
        {
            section.Report("model", "missing; expected the folder of a trained model, or importFrom");
        }
        else if (!hasModel)
        {
            foreach (string key in new[] { "useFreshUpdaters", "freshState" }.Where(key => section.Find(key) is not null))
                section.Report(key, "only used with model");
        }

        if (model is not null)
        {
            model = Path.TrimEndingDirectorySeparator(model);
            if (!JobDocument.IsRemote(model) && !Directory.Exists(model)) section.Report("model", $"\"{model}\" does not exist; expected the folder of a trained model");
            if (output is not null && (IsWithin(model, output.Model) || IsWithin(output.Model, model)))
                section.Report("model", $"\"{model}\" and output.model \"{output.Model}\" are the same or one holds the other; write to another folder");
        }

        return (section.IsPresent ? new InputConfig(model, [.. imports.OfType<TableImport>()]) : null, training);
    }

    /// <summary>Reads one <c>{table, path, …}</c>; null when it is wrong.</summary>
    public static TableImport? ReadImport(JobSection section)
    {
        string? table = section.Text("table", "the name of an embedding operator");
        string? path = section.FilePath("path");
        string? keyColumn = section.Text("keyColumn", "a column name");
        bool skip = section.Flag("skipExisting", false), clear = section.Flag("clearExisting", false), dataOnly = section.Flag("dataOnly", true);
        section.Close();
        if (section.Node is YamlMappingNode && section.Find("table") is null)
            section.Report("table", "missing; expected the name of an embedding operator, as \"metaspore inspect\" lists them");
        if (section.Node is YamlMappingNode && section.Find("path") is null)
            section.Report("path", "missing; expected a table's file or description, or a folder of exported parts");
        if (path is not null && !Path.Exists(path)) section.Report("path", $"\"{path}\" does not exist; correct the path");
        if (table is null || path is null) return null;
        return new TableImport { Table = table, Path = path, KeyColumn = keyColumn, SkipExisting = skip, ClearExisting = clear, DataOnly = dataOnly };
    }

    static bool IsWithin(string outer, string inner) =>
        (inner + Path.DirectorySeparatorChar).StartsWith(outer + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
