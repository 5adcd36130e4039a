using System.Text.Json.Nodes;
using MetaSpore.Spark.Driver.Cluster;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Parameters;
using YamlDotNet.RepresentationModel;

namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>Turns a job document into the records of a job.</summary>
static class JobReader
{
    /// <summary>Reads everything; problems are collected in the document, and the result is only good without any.</summary>
    public static JobConfig Read(JobDocument document, string file, JobPurpose purpose)
    {
        var root = new JobSection(document, "", document.Root);
        JobSection featureSection = root.Section("features");
        DataConfig data = DataReader.Read(root.Section("data"), FeatureReader.ReadColumnNames(featureSection), purpose);
        FeatureSpec features = FeatureReader.Read(featureSection, data, purpose);
        ModelConfig model = ModelReader.Read(root);
        OutputConfig? output = ReadOutput(root.Section("output"), purpose);
        TrainingOptions training = TrainingReader.Read(root.Section("training"), output, data.Inputs[DataSplit.Validation].Count > 0, root.Find("input") is not null);
        (InputConfig? input, training) = InputReader.Read(root.Section("input"), output, training);
        ClusterOptions cluster = ReadCluster(root.Section("cluster"), root.Section("security"), training);
        SparkConfig spark = SparkSectionReader.Read(root.Section("spark"));
        root.Close();
        return new JobConfig
        {
            File = file,
            Data = data,
            Features = features,
            Model = model,
            Training = training,
            Input = input,
            Cluster = cluster,
            Spark = spark,
            Output = output,
            Settings = [.. Flatten("", document.Root)],
        };
    }

    /// <summary>Asks for every key that there is, also those of list elements.</summary>
    public static void ReadKeys(JobDocument document)
    {
        Read(document, document.BaseFolder, JobPurpose.Train);
        DataReader.ReadInput(new JobSection(document, "data.train[]", null), JobPurpose.TrainOnSpark);
        DataReader.ReadInput(new JobSection(document, "data.validation[]", null), JobPurpose.TrainOnSpark);
        DataReader.ReadInput(new JobSection(document, "data.test[]", null), JobPurpose.TrainOnSpark);
        FeatureReader.ReadNumericGroup(new JobSection(document, "features.numeric", null));
        InputReader.ReadImport(new JobSection(document, "input.importFrom[]", null));
    }

    static ClusterOptions ReadCluster(JobSection section, JobSection security, TrainingOptions training)
    {
        var defaults = new ClusterOptions();
        var cluster = new ClusterOptions
        {
            MaxRestarts = section.Count("maxRestarts", defaults.MaxRestarts, 0),
            SilenceTimeout = TimeSpan.FromSeconds(section.Count("silenceSeconds", (int)defaults.SilenceTimeout.TotalSeconds, 5)),
            BFloat16 = section.Flag("bfloat16", defaults.BFloat16),
            ServerMemory = section.Integer("serverMemory", defaults.ServerMemory, 0),
            Tls = security.Flag("tls", defaults.Tls),
        };
        section.Close();
        security.Close();
        if (cluster.BFloat16 && training.Mode == TrainingMode.Sync)
            section.Report("bfloat16", "is true, but mode sync exchanges float32, so that its result does not depend on the wire; leave it out");
        return cluster;
    }

    static OutputConfig? ReadOutput(JobSection section, JobPurpose purpose)
    {
        string? model = section.FilePath("model");
        bool overwrite = section.Flag("overwrite", false);
        string? metrics = section.FilePath("metrics");
        string? report = section.FilePath("report");
        section.Close();
        if (purpose == JobPurpose.Convert) return null;
        if (model is null)
        {
            if (section.Find("model") is null) section.Report("model", "missing; expected the folder that will hold the model, for example out/model");
            return null;
        }

        model = Path.TrimEndingDirectorySeparator(model);
        if (File.Exists(model)) section.Report("model", $"\"{model}\" is a file; expected a folder, or a path that does not exist");
        // Metrics and report grow while the job runs, which no remote storage allows.
        string beside = JobDocument.IsRemote(model) ? Path.GetFullPath(Path.GetFileName(model)) : model;
        foreach ((string key, string? path) in new[] { ("metrics", metrics), ("report", report) })
            if (path is not null && JobDocument.IsRemote(path)) section.Report(key, $"\"{path}\" is remote storage; expected a local file");
        return new OutputConfig(model, overwrite, metrics ?? beside + ".metrics.jsonl", report ?? beside + ".report.html");
    }

    static IEnumerable<KeyValuePair<string, string>> Flatten(string path, YamlNode node)
    {
        if (node is not YamlMappingNode mapping)
        {
            yield return new(path, YamlJson.Convert(node) is JsonValue value ? value.ToString() : YamlJson.Convert(node)?.ToJsonString() ?? "");
            yield break;
        }

        foreach ((YamlNode key, YamlNode child) in mapping.Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "";
            foreach (KeyValuePair<string, string> setting in Flatten(path.Length == 0 ? name : $"{path}.{name}", child)) yield return setting;
        }
    }
}
