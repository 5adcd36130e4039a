using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;
using static MetaSpore.Spark.SparkConnect.Functions;

// spark-submit.sh … -- exec MetaSpore.Spark.SparkPipeline.dll CLICKS ITEMS OUT, or with SPARK_HOME set by itself: two folders of Parquet in, one out.
string clicks = args[0], items = args[1], output = Path.GetFullPath(args[2]);
await using SparkSession spark = await SparkSession.Builder().AppName("pipeline").Master("local[4]").GetOrCreateAsync();

// Read and join, as in any Spark program.
DataFrame rows = spark.Read.Parquet(clicks)
    .Join(spark.Read.Parquet(items), ["item"])
    .WithColumn("hour", Expr("cast(hour as string)"));
IReadOnlyList<DataFrame> parts = rows.RandomSplit([0.8, 0.2], seed: 7);

// Train on the executors: two workers, two parameter servers.
FeatureSpec features = FeatureColumns.Categorical("user", "item", "category", "hour").Cross("user", "category").Spec;
var estimator = new TorchEstimator(ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = features.Schema, EmbeddingSize = 8, HiddenUnits = [32, 16] }))
{
    Features = features,
    WorkerCount = 2,
    ServerCount = 2,
    TrainingEpochs = 2,
    ModelOutPath = Path.Combine(output, "model"),
    Overwrite = true,
};
TorchModel model = await estimator.FitAsync(new SparkDataset(parts[0]) { Label = new LabelRule("clicked") });

// Score, evaluate, write.
DataFrame scored = await model.TransformAsync(parts[1]);
double auc = await new BinaryClassificationEvaluator().EvaluateAsync(scored);
await scored.GroupBy("category").Agg(Count(Lit(1)).As("rows"), Avg(Col("rawPrediction")).As("predicted"), Avg(Col("label")).As("clicked")).OrderBy("category").ShowAsync();
await scored.Select("user", "item", "rawPrediction").Write.Mode(SaveMode.Overwrite).ParquetAsync(Path.Combine(output, "scores"));
Console.WriteLine($"AUC {auc:F4}");
