using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Driver.Spark;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Tests.Jobs;

public sealed class SparkJobTests : IDisposable
{
    readonly JobFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_OnSpark_TakesTablesQueriesAndAddresses()
    {
        JobConfig job = JobConfig.Load(_folder.Write("""
            data:
              train: [{table: logs.clicks}, {sql: "select * from day"}, "s3a://logs/day=1", here.parquet]
              label: clicked
            features: {categorical: [user]}
            output: {model: out/model}
            spark: {serverMemory: 4g, workerMemory: 512m, serverCpu: 2, replay: epoch, storage: shared, conf: {spark.sql.shuffle.partitions: 8, spark.ui.enabled: false}}
            """), null, JobPurpose.TrainOnSpark);

        Assert.Equal(
            [
                new DataInput(null, "logs.clicks"),
                new DataInput(null, null, "select * from day"),
                new DataInput(new InputFile("s3a://logs/day=1")),
                new DataInput(new InputFile(_folder.At("here.parquet"))),
            ],
            job.Data.Inputs[DataSplit.Train]);
        Assert.Equal(4L << 30, job.Spark.Options.ServerMemory);
        Assert.Equal(512L << 20, job.Spark.WorkerMemory);
        Assert.Equal(2, job.Spark.ServerCpu);
        Assert.Equal(ReplayMode.Epoch, job.Spark.Options.Replay);
        Assert.Equal(_folder.At("shared"), job.Spark.Options.Storage);
        Assert.Equal(new Dictionary<string, string> { ["spark.sql.shuffle.partitions"] = "8", ["spark.ui.enabled"] = "false" }, job.Spark.Conf);
    }

    [Fact]
    public void Load_RowsOnSpark_IsRefusedWithConvertAsTheCure()
    {
        string error = Refused("data: {train: [{path: train.csv, rows: 0..9}], label: clicked}\nfeatures: {categorical: [user]}\noutput: {model: out/model}", JobPurpose.TrainOnSpark);
        Assert.Equal(
            "job.yaml:1: data.train[0].rows: rows of a file have no numbers on Spark; write them to a file of their own with "
            + "'metaspore convert --config JOB --split SPLIT --output FILE.parquet', and name that",
            error);
    }

    [Theory]
    [InlineData("{table: logs}", "job.yaml:1: data.train[0]: a table is read by Spark; train with --remote or spark-submit.sh, or name files")]
    [InlineData("{sql: select 1}", "job.yaml:1: data.train[0]: a query is read by Spark; train with --remote or spark-submit.sh, or name files")]
    [InlineData("\"hdfs://n/a\"", "job.yaml:1: data.train[0]: \"hdfs://n/a\" is read by Spark; train with --remote or spark-submit.sh, or copy the files to this machine")]
    public void Load_WhatOnlySparkReads_IsRefusedWithoutIt(string input, string expected) => Assert.Equal(
        expected, Refused($"data: {{train: [{input}], label: clicked}}\nfeatures: {{categorical: [user]}}\noutput: {{model: out/model}}", JobPurpose.Train));

    [Fact]
    public void Load_TwoKindsInOneInput_AreRefused() => Assert.Equal(
        "job.yaml:1: data.train[0]: has more than one of path, table and sql; expected one",
        Refused("data: {train: [{table: a, sql: b}], label: clicked}\nfeatures: {categorical: [user]}\noutput: {model: out/model}", JobPurpose.TrainOnSpark));

    [Fact]
    public void Load_WrongSize_IsRefused() => Assert.Equal(
        "job.yaml:4: spark.serverMemory: expected a size such as 4g, 512m or a number of bytes, found \"4 GiB\"",
        Refused("data: {train: [{table: a}], label: clicked}\nfeatures: {categorical: [user]}\noutput: {model: out/model}\nspark: {serverMemory: 4 GiB}", JobPurpose.TrainOnSpark));

    // Without the folder of the test.
    string Refused(string text, JobPurpose purpose) =>
        Assert.Throws<BadInputException>(() => JobConfig.Load(_folder.Write(text), null, purpose)).Message.Replace(_folder.Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
}
