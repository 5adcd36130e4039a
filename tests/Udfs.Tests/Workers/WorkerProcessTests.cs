using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Initializers;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.Model.Updaters;
using MetaSpore.Spark.Udfs.Readers;
using MetaSpore.Spark.Udfs.Tests.Readers;
using MetaSpore.Spark.Udfs.Workers;
using Xunit;

namespace MetaSpore.Spark.Udfs.Tests.Workers;

/// <summary>What a worker process makes of its lines.</summary>
public sealed class WorkerProcessTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("garbage", "The worker's command can't be read ($); both sides need the same build.")]
    [InlineData("", "The worker's command can't be read ($); both sides need the same build.")]
    [InlineData("{\"kind\":\"Dance\"}", "The worker's command can't be read ($.kind); both sides need the same build.")]
    [InlineData("null", "The worker got an empty command.")]
    public async Task Command_ThatCanNotBeRead_EndsTheWorkerWithAMessage(string command, string expected)
    {
        StringWriter events = new();
        StringReader input = new(string.Join('\n', Assignment(), JsonLine.Write(new WorkerCommand(WorkerCommandKind.Start)), command, "never read"));

        Task work = Task.Run(() => WorkerProcess.RunAsync(input, events));
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(
            () => work.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.Equal(expected, error.Message);
        Assert.Contains(events.ToString().Split('\n'), line => JsonLine.TryRead<WorkerEvent>(line)?.Kind == WorkerEventKind.Done);
    }

    string Assignment()
    {
        FeatureSpec features = FeatureColumns.Categorical("user").Spec;
        Spec<SparseModule> module = ModuleSpec.Of<LogisticRegression>(new LogisticRegressionOptions { Columns = features.Schema });
        SparseModelDefaults defaults = new() { SparseUpdater = new SgdTensorUpdater(1), SparseInitializer = new ZeroTensorInitializer(), DenseUpdater = new SgdTensorUpdater(1) };
        using SparseModel model = SparseModel.Create(module, defaults, 1);
        return JsonLine.Write(new WorkerAssignment
        {
            Rank = 0,
            Ticket = new JobTicket { Module = module, Defaults = defaults, LabelColumn = "clicked" },
            Layout = new StoreLayout { RunId = Guid.NewGuid(), Tables = model.Tables, DenseTensors = model.DenseTensors },
            Shards = [new Uri("http://127.0.0.1:9")],
            JobId = "ctr",
            Secret = new byte[32],
            Training = new DatasetSpec
            {
                Inputs = [new InputFile(_folder.Write("rows.csv", "clicked,user\n1,a\n"))],
                Header = true,
                Label = new LabelRule("clicked"),
                Columns = new Dictionary<string, ColumnKind> { ["user"] = ColumnKind.Text },
            },
            Plan = new ReadPlan { BatchSize = 1 },
            ScoringPlan = new ReadPlan { BatchSize = 1 },
        });
    }
}
