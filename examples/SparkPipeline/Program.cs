using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.SparkConnect;
using static MetaSpore.Spark.SparkConnect.Functions;

// A whole job on Spark; README.md says how to start it. Arguments: a Parquet file of clicks, and a folder for what it writes.
string clicksPath = Path.GetFullPath(args[0]), output = Path.GetFullPath(args[1]);
await using SparkSession spark = await SparkSession.Builder().AppName("pipeline").GetOrCreateAsync();

// Read and join, as in any Spark program: here a table of items with their categories.
DataFrame clicks = spark.Read.Parquet(clicksPath);
DataFrame items = clicks.Filter("C3 is not null").Select(Col("C3"), Expr("substring(C3, 1, 2)").As("category")).Distinct();
DataFrame rows = clicks.Join(items, ["C3"], JoinType.LeftOuter);
IReadOnlyList<DataFrame> parts = rows.RandomSplit([0.8, 0.2], seed: 7);

// Train on the executors: two workers, two parameter servers.
FeatureSpec features = FeatureColumns.Categorical("C1", "C2", "C3", "C4", "C5", "C6", "category").Cross("C6", "category").Numeric(NumericEncoding.Log2, "I1", "I2").Spec;
var estimator = new TorchEstimator(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = features.Schema, EmbeddingSize = 8, HiddenUnits = [32, 16] }))
{
    Features = features,
    WorkerCount = 2,
    ServerCount = 2,
    ModelOutPath = Path.Combine(output, "model"),
    Overwrite = true,
};
TorchModel model = await estimator.FitAsync(new SparkDataset(parts[0]));

// Score, evaluate, look at the result, write it.
DataFrame scored = await model.TransformAsync(parts[1]);
double auc = await new BinaryClassificationEvaluator().EvaluateAsync(scored);
await scored.GroupBy("category").Agg(Count(Lit(1)).As("rows"), Avg(Col("rawPrediction")).As("predicted"), Avg(Col("label")).As("clicked"))
    .OrderBy(Col("rows").Desc(), Col("category")).ShowAsync(5);
await scored.Select("C1", "C3", "rawPrediction").Write.Mode(SaveMode.Overwrite).ParquetAsync(Path.Combine(output, "scores"));
Console.WriteLine($"AUC {auc:F4}");
