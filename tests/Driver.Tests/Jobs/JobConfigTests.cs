using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.ParameterServer.Checkpoints;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Tests.Jobs;

public sealed class JobConfigTests : IDisposable
{
    readonly JobFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_ShortestFile_HasDefaults()
    {
        JobConfig job = _folder.Load(JobFolder.Shortest);
        Assert.Equal([new InputFile(_folder.At("train.csv"))], job.Data.Train);
        Assert.Empty(job.Data.Validation);
        Assert.True(job.Data.Dataset.Header);
        Assert.Equal(new LabelRule("clicked"), job.Data.Dataset.Label);
        Assert.Equal(["user", "item"], job.Features.Categorical);
        Assert.Equal("DeepFm", job.Model.Type);
        Assert.Equal(1, job.Training.TrainingEpochs);
        Assert.Equal(256, job.Training.BatchSize);
        Assert.Equal(17ul, job.Training.Seed);
        Assert.True(job.Training.ShuffleTrainingDataset);
        Assert.Equal(new AdaGradTensorUpdater(0.02), job.Training.SparseUpdater);
        Assert.Equal(new NormalTensorInitializer(0, 0.01), job.Training.SparseInitializer);
        Assert.Equal(new AdamTensorUpdater(0.001), job.Training.DenseUpdater);
        Assert.Equal(_folder.At("out", "model"), job.Output!.Model);
        Assert.Equal(_folder.At("out", "model.metrics.jsonl"), job.Output.Metrics);
        Assert.Equal(_folder.At("out", "model.report.html"), job.Output.Report);
        Assert.Equal(_folder.At("out", "model.checkpoints"), job.Training.Checkpoint!.Path);
        Assert.Null(job.Input);
    }

    [Fact]
    public void Load_EveryKey_IsRead()
    {
        _folder.Add("all.csv.gz", "");
        _folder.Add("test.csv.gz", "");
        Directory.CreateDirectory(_folder.At("out", "yesterday"));
        JobConfig job = _folder.Load("""
            data:
              train: {path: all.csv.gz, rows: 0..69832}
              validation: [{path: all.csv.gz, rows: 69833..79808}]
              test: test.csv.gz
              format: csv
              delimiter: "\t"
              listDelimiter: ";"
              trim: false
              header: false
              names: [age, workclass, education, hours, income]
              missing: ["", "?"]
              label: {column: income, positive: [">50K", ">50K."]}
            features:
              categorical: [workclass, education]
              numeric: [{columns: [age], as: value, minCount: 7}, {columns: hours, as: quantile, buckets: 32}]
              crosses: [[education, workclass]]
              hash: metaspore
            model: {type: WideDeep, embeddingSize: 8, hiddenUnits: [64, 32], dropout: 0.1, batchNorm: true, l2: 1e-5}
            training:
              epochs: 10
              earlyStopping: {metric: logloss, patience: 3}
              batchSize: 512
              workers: 2
              servers: 3
              mode: {boundedStaleness: 4}
              pipelineDepth: 1
              shuffle: false
              shuffleWindow: 1000
              seed: 18446744073709
              torchThreads: 2
              metricUpdateInterval: 5
              maxSparseFeatureAge: 9
              sparse: {updater: {type: ftrl, l1: 1, alpha: 0.1}, initializer: zero}
              dense: {updater: {type: adam, learningRate: 0.01, biasCorrection: false}}
              checkpoint: {path: out/checkpoints, everySteps: 500, keep: 2, wholeEvery: 4}
            input:
              model: out/yesterday
              useFreshUpdaters: false
              freshState: true
              importFrom: {table: embedding, path: train.csv, keyColumn: age, skipExisting: true, clearExisting: true, dataOnly: false}
            output: {model: out/model, overwrite: true, metrics: out/m.jsonl, report: out/r.html}
            """);
        Assert.Equal([new InputFile(_folder.At("all.csv.gz"), 0, 69832)], job.Data.Train);
        Assert.Equal([new InputFile(_folder.At("all.csv.gz"), 69833, 79808)], job.Data.For(DataSplit.Validation).Inputs);
        Assert.Equal([new InputFile(_folder.At("test.csv.gz"))], job.Data.Test);
        Assert.Equal((DataFormat.Csv, '\t', ';'), (job.Data.Dataset.Format, job.Data.Dataset.Delimiter, job.Data.Dataset.ListDelimiter));
        Assert.Equal(["", "?"], job.Data.Dataset.Missing);
        Assert.Equal([">50K", ">50K."], job.Data.Dataset.Label!.Positive);
        Assert.Equal(HashMode.MetaSpore, job.Features.Hash);
        Assert.Equal(["WideDeep"], [job.Model.Type]);
        Assert.Equal("""{"embeddingSize":8,"hiddenUnits":[64,32],"dropout":0.1,"batchNorm":true,"l2":1E-05}""", job.Model.Options.ToJsonString());
        TrainingOptions training = job.Training;
        Assert.Equal(new EarlyStopping("logloss", 3), training.EarlyStopping);
        Assert.Equal((TrainingMode.BoundedStaleness, 4, 1), (training.Mode, training.StalenessBound, training.PipelineDepth));
        Assert.Equal((10, 512, 2, 3, 1000, 2, 5, 9), (
            training.TrainingEpochs, training.BatchSize, training.WorkerCount, training.ServerCount,
            training.ShuffleWindow, training.TorchThreads, training.MetricUpdateInterval, training.MaxSparseFeatureAge));
        Assert.Equal(18446744073709ul, training.Seed);
        Assert.Equal(new FtrlTensorUpdater(L1: 1, Alpha: 0.1), training.SparseUpdater);
        Assert.Equal(new ZeroTensorInitializer(), training.SparseInitializer);
        Assert.Equal(new AdamTensorUpdater(0.01, BiasCorrection: false), training.DenseUpdater);
        Assert.Equal(new CheckpointOptions(_folder.At("out", "checkpoints"), 500, 2, 4), training.Checkpoint);
        Assert.Equal(_folder.At("out", "yesterday"), job.Input!.Model);
        Assert.Equal((false, true), (training.UseFreshUpdaters, training.FreshState!.Value));
        Assert.Equal(
            [new TableImport { Table = "embedding", Path = _folder.At("train.csv"), KeyColumn = "age", SkipExisting = true, ClearExisting = true, DataOnly = false }],
            job.Input.ImportFrom);
        Assert.Equal(new OutputConfig(_folder.At("out", "model"), true, _folder.At("out", "m.jsonl"), _folder.At("out", "r.html")), job.Output);
    }

    [Theory]
    [InlineData("async", TrainingMode.Async, 0)]
    [InlineData("sync", TrainingMode.Sync, 0)]
    [InlineData("{boundedStaleness: 2}", TrainingMode.BoundedStaleness, 2)]
    public void Load_Mode_ShortAndLongForm(string text, object mode, int bound)
    {
        JobConfig job = _folder.Load(JobFolder.Shortest + $"\ntraining: {{mode: {text}}}");
        Assert.Equal((mode, bound), (job.Training.Mode, job.Training.StalenessBound));
    }

    [Theory]
    [InlineData("0..9", 0, 9L)]
    [InlineData("5..", 5, null)]
    [InlineData("..7", 0, 7L)]
    public void Load_Rows_AreZeroBasedAndInclusive(string rows, long first, long? last)
    {
        JobConfig job = _folder.Load(JobFolder.Shortest, $"data.train={{path: {_folder.At("train.csv")}, rows: {rows}}}");
        Assert.Equal([new InputFile(_folder.At("train.csv"), first, last)], job.Data.Train);
    }

    [Theory]
    [InlineData("LogisticRegression", typeof(LogisticRegression))]
    [InlineData("FactorizationMachine", typeof(FactorizationMachine))]
    [InlineData("WideDeep", typeof(WideDeep))]
    [InlineData("DeepFm", typeof(DeepFm))]
    public void CreateSpec_ReadyNetworks_TakeTheOptionsTheyHave(string name, Type expected)
    {
        JobConfig job = _folder.Load(
            JobFolder.Shortest + $"\nmodel: {{type: {name}, embeddingSize: 4, hiddenUnits: [8], dropout: 0.1, activation: tanh, l2: 0.5}}",
            "features.numeric=[age]");
        Spec<SparseModule> spec = job.Model.CreateSpec(job.Features);
        Assert.Equal(expected.FullName, spec.Type);
        string options = spec.Options!.Value.GetRawText();
        Assert.Contains("\"columns\":\"user\\nitem\\n\"", options, StringComparison.Ordinal);
        Assert.Contains("\"denseColumns\":[\"age\"]", options, StringComparison.Ordinal);
        Assert.Contains("\"l2\":0.5", options, StringComparison.Ordinal);
        Assert.Equal(expected != typeof(LogisticRegression), options.Contains("\"embeddingSize\":4", StringComparison.Ordinal));
        Assert.Equal(expected == typeof(WideDeep) || expected == typeof(DeepFm), options.Contains("\"hiddenUnits\":[8]", StringComparison.Ordinal));
        using SparseModule module = spec.Create();
        Assert.IsType(expected, module);
    }

    [Fact]
    public void Load_Settings_ListTheFileWithOverrides()
    {
        JobConfig job = _folder.Load(JobFolder.Shortest, "training.epochs=3", "training.epochs=4", "model.hiddenUnits=[8, 4]");
        Assert.Equal(4, job.Training.TrainingEpochs);
        Assert.Contains(KeyValuePair.Create("training.epochs", "4"), job.Settings);
        Assert.Contains(KeyValuePair.Create("model.hiddenUnits", "[8,4]"), job.Settings);
        Assert.Contains(KeyValuePair.Create("data.label", "clicked"), job.Settings);
    }

    [Fact]
    public void Load_OverridePath_StartsFromTheWorkingDirectory()
    {
        JobConfig job = _folder.Load(JobFolder.Shortest, "output.model=here/model");
        Assert.Equal(Path.GetFullPath("here/model"), job.Output!.Model);
    }

    [Fact]
    public void Load_ConvertPurpose_NeedsOnlyData()
    {
        _folder.Add("rows.yaml", "data: {train: train.csv, header: true}");
        JobConfig job = JobConfig.Load(_folder.At("rows.yaml"), purpose: JobPurpose.Convert);
        Assert.Null(job.Output);
        Assert.Null(job.Data.Dataset.Label);
    }
}
