using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Tests.Jobs;

/// <summary>What the user reads when a job file is wrong.</summary>
public sealed class JobErrorTests : IDisposable
{
    readonly JobFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_UnknownKey_NamesLineAndNearestKey()
    {
        string[] problems = _folder.Problems(JobFolder.Shortest + "\ntraining:\n  epochs: 2\n  batch_size: 12\n");
        Assert.Equal(
            "job.yaml:11: training.batch_size: unknown key; did you mean \"batchSize\"? keys here: batchSize, checkpoint, dense, earlyStopping, "
            + "epochs, maxSparseFeatureAge, metricUpdateInterval, mode, pipelineDepth, seed, servers, shuffle, shuffleWindow, sparse, torchThreads, workers",
            Assert.Single(problems));
    }

    [Fact]
    public void Load_UnknownSection_NamesNearest() => Assert.Equal(
        "job.yaml:9: trianing: unknown key; did you mean \"training\"? keys here: cluster, data, features, input, model, output, security, spark, training",
        Assert.Single(_folder.Problems(JobFolder.Shortest + "\ntrianing: {epochs: 2}")));

    [Theory]
    [InlineData("training: {epochs: ten}", "job.yaml:9: training.epochs: expected a whole number, at least 1, found \"ten\"")]
    [InlineData("training: {epochs: 0}", "job.yaml:9: training.epochs: expected a whole number, at least 1, found \"0\"")]
    [InlineData("training: {epochs: 1.5}", "job.yaml:9: training.epochs: expected a whole number, at least 1, found \"1.5\"")]
    [InlineData("training: {epochs: [1]}", "job.yaml:9: training.epochs: expected a whole number, at least 1, found a list")]
    [InlineData("training: {pipelineDepth: 2}", "job.yaml:9: training.pipelineDepth: expected a whole number from 0 to 1, found \"2\"")]
    [InlineData("training: {shuffle: yes}", "job.yaml:9: training.shuffle: expected true or false, found \"yes\"")]
    [InlineData("training: {mode: bsp}", "job.yaml:9: training.mode: expected async, sync, or {boundedStaleness: steps}, found \"bsp\"")]
    [InlineData("training: 7", "job.yaml:9: training: expected keys, found \"7\"")]
    [InlineData("training: {pipelineDepth: 1, mode: sync}", "job.yaml:9: training.pipelineDepth: is 1, but mode sync has no stale steps; use 0")]
    [InlineData("training: {earlyStopping: {metric: auc}}", "job.yaml:9: training.earlyStopping: needs data.validation: the rows that decide when to stop")]
    [InlineData("training: {sparse: {updater: adagard}}", "job.yaml:9: training.sparse.updater: unknown updater \"adagard\"; did you mean \"adagrad\"? known: adagrad, adam, adamw, ema, ftrl, noop, sgd")]
    [InlineData("training: {dense: {updater: {type: adam, rate: 1}}}", "job.yaml:9: training.dense.updater.rate: unknown key; keys of adam: type, learningRate, beta1, beta2, epsilon, biasCorrection")]
    [InlineData("training: {dense: {updater: {type: adam, beta1: high}}}", "job.yaml:9: training.dense.updater: updater 'adam': 'beta1' can't be \"high\"; its options: learningRate (number), beta1 (number), beta2 (number), epsilon (number), biasCorrection (true or false)")]
    [InlineData("training: {dense: {updater: {type: adam, learningRate: -1}}}", "job.yaml:9: training.dense.updater: adam: learningRate is -1; expected a number above 0")]
    [InlineData("training: {dense: {updater: {beta1: 0.9}}}", "job.yaml:9: training.dense.updater.type: missing; expected one of adagrad, adam, adamw, ema, ftrl, noop, sgd")]
    [InlineData("model: deepfm", "job.yaml:9: model: unknown network \"deepfm\"; did you mean \"DeepFm\"? ready networks: LogisticRegression, FactorizationMachine, WideDeep, DeepFm; a network of your own needs assembly")]
    [InlineData("model: {dropout: 1}", "job.yaml:9: model.dropout: expected a number from 0 to less than 1, found \"1\"")]
    [InlineData("model: {hiddenUnits: [64, -1]}", "job.yaml:9: model.hiddenUnits[1]: expected a whole number from 1 to 65536, found \"-1\"")]
    [InlineData("model: {assembly: my.dll, type: My.Net}", "job.yaml:9: model.assembly: \"my.dll\" does not exist; build the project that holds the network first")]
    [InlineData("model: {options: {a: 1}}", "job.yaml:9: model.options: only used with assembly; options of a ready network stand beside type")]
    [InlineData("input: {model: none}", "job.yaml:9: input.model: \"none\" does not exist; expected the folder of a trained model")]
    [InlineData("input: {useFreshUpdaters: false}", "job.yaml:9: input.model: missing; expected the folder of a trained model, or importFrom")]
    [InlineData("input: {importFrom: {table: a, path: train.csv}, freshState: true}", "job.yaml:9: input.freshState: only used with model")]
    [InlineData("input: {importFrom: [{path: train.csv}]}", "job.yaml:9: input.importFrom[0].table: missing; expected the name of an embedding operator, as \"metaspore inspect\" lists them")]
    [InlineData("input: {importFrom: {table: embedding, path: no.txt}}", "job.yaml:9: input.importFrom.path: \"no.txt\" does not exist; correct the path")]
    [InlineData("input: {importFrom: [train.csv]}", "job.yaml:9: input.importFrom[0]: expected keys, found \"train.csv\"")]
    public void Load_WrongValue_SaysWhatWasExpected(string yaml, params string[] expected) =>
        Assert.Equal(expected, _folder.Problems(JobFolder.Shortest + "\n" + yaml));

    [Theory]
    [InlineData("{path: train.csv, rows: 9..3}", "data.train: {path: train.csv, rows: 9..3}: data.train.rows: expected first..last, 0-based and inclusive, for example 0..999 (or 1000.. to the end), found \"9..3\"")]
    [InlineData("{path: train.csv, row: 9}", "unknown key; did you mean \"rows\"? keys here: path, rows, sql, table")]
    [InlineData("[[train.csv]]", "data.train[0]: expected a path or {path: …, rows: first..last}, found a list")]
    [InlineData("[]", "data.train: is empty; expected at least one file")]
    [InlineData("[nosuch.csv]", "nosuch.csv\" does not exist; correct the path")]
    public void Load_WrongInput_IsNamed(string value, string expectedEnd)
    {
        string[] problems = _folder.Problems(JobFolder.Shortest.Replace("[train.csv]", value, StringComparison.Ordinal));
        string end = expectedEnd[(expectedEnd.IndexOf("}: ", StringComparison.Ordinal) is var cut and >= 0 ? cut + 3 : 0)..];
        Assert.EndsWith(end, Assert.Single(problems), StringComparison.Ordinal);
        Assert.StartsWith("job.yaml:2: ", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ManyProblems_AllAtOnceInOrderOfLines()
    {
        string[] problems = _folder.Problems("""
            data:
              train: [nosuch.csv]
              delimiter: ",,"
              header: 1
              label: {column: income, positive: [a], negative: [b]}
            features:
              categorical: {a: b}
              crosses: [[a]]
            model: {type: DeepFm, embeddingSize: 0}
            output:
              overwrite: true
            """, "training.workers=many");
        Assert.Equal(
            [
                "job.yaml:2: data.train[0]: \"nosuch.csv\" does not exist; correct the path",
                "job.yaml:3: data.delimiter: expected one character, found \",,\"",
                "job.yaml:4: data.header: expected true or false, found \"1\"",
                "job.yaml:5: data.label.negative: not together with positive: cells outside the one list are the other class",
                "job.yaml:7: features.categorical: expected a list of column names, found a mapping in it",
                "job.yaml:8: features.crosses[0]: expected lists of at least two column names, for example [[education, occupation]], found a list",
                "job.yaml:9: model.embeddingSize: expected a whole number from 1 to 4096, found \"0\"",
                "job.yaml:11: output.model: missing; expected the folder that will hold the model, for example out/model",
                "--set training.workers=many: training.workers: expected a whole number from 1 to 1024, found \"many\"",
            ],
            problems);
    }

    [Fact]
    public void Load_EmptyFile_NamesWhatIsMissing() => Assert.Equal(
        [
            "job.yaml: data.train: missing; expected files, folders or globs, for example [train.csv.gz]",
            "job.yaml: data.label: missing; expected the label's column, for example clicked, or {column: income, positive: [\">50K\"]}",
            "job.yaml: features: there are none; list columns under categorical, numeric or crosses, or give a combine schema",
            "job.yaml: output.model: missing; expected the folder that will hold the model, for example out/model",
        ],
        _folder.Problems("\n"));

    [Fact]
    public void Load_NotYaml_NamesTheLine() =>
        Assert.StartsWith("job.yaml:3: not valid YAML: ", Assert.Single(_folder.Problems("data:\n  train: [a, b\n")), StringComparison.Ordinal);

    [Fact]
    public void Load_DuplicateKey_NamesTheLine() =>
        Assert.Equal("job.yaml:10: not valid YAML: Duplicate key data", Assert.Single(_folder.Problems(JobFolder.Shortest + "\n\ndata: {}")));

    [Fact]
    public void Load_ListAtTopLevel_IsRefused() =>
        Assert.Equal("job.yaml:1: expected keys such as \"data:\" at the top level, found a list", Assert.Single(_folder.Problems("- a")));

    [Fact]
    public void Load_NoFile_IsRefused()
    {
        BadInputException e = Assert.Throws<BadInputException>(() => JobConfig.Load("no/job.yaml"));
        Assert.Equal("job file \"no/job.yaml\" does not exist; correct the path", e.Message);
    }

    [Theory]
    [InlineData("training.epochs", "--set training.epochs: expected key=value with a dotted key, for example training.epochs=3")]
    [InlineData("=3", "--set =3: expected key=value with a dotted key, for example training.epochs=3")]
    [InlineData("training.epoch=3", "--set training.epoch=3: training.epoch: unknown key; did you mean \"epochs\"?")]
    [InlineData("training.epochs=x", "--set training.epochs=x: training.epochs: expected a whole number, at least 1, found \"x\"")]
    [InlineData("data.label.positive=[a]", "--set data.label.positive=[a]: \"label\" is \"clicked\" in job.yaml:4, so it has no keys to set")]
    [InlineData("model=[a", "--set model=[a: not valid YAML: ")]
    public void Load_WrongOverride_NamesTheOverride(string setting, string expectedStart) =>
        Assert.StartsWith(expectedStart, Assert.Single(_folder.Problems(JobFolder.Shortest, setting)), StringComparison.Ordinal);

    [Theory]
    [InlineData("out/model")]
    [InlineData("out/model/deeper")]
    [InlineData("out")]
    public void Load_InputAndOutputOverlap_IsRefused(string input)
    {
        Directory.CreateDirectory(_folder.At("out", "model", "deeper"));
        Assert.Contains(
            "are the same or one holds the other; write to another folder",
            Assert.Single(_folder.Problems(JobFolder.Shortest + $"\ninput: {{model: {input}}}")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_InputBesideOutput_IsFine()
    {
        Directory.CreateDirectory(_folder.At("out", "model-old"));
        Assert.NotNull(_folder.Load(JobFolder.Shortest + "\ninput: {model: out/model-old}").Input);
    }
}
