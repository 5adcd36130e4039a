using System.Globalization;
using MetaSpore.Spark.Benchmarks;
using MetaSpore.Spark.Benchmarks.OnSpark;
using MetaSpore.Spark.Benchmarks.Storage;
using MetaSpore.Spark.Benchmarks.Training;
using MetaSpore.Spark.Benchmarks.Wire;

#if DEBUG
Console.Error.WriteLine("benchmarks measure optimised code only: add -c Release");
return 2;
#else
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Dictionary<string, Action> benchmarks = new()
{
    ["extract"] = ExtractionBenchmark.Run,
    ["table"] = TableBenchmark.Run,
    ["updaters"] = UpdaterBenchmark.Run,
    ["snapshot"] = SnapshotBenchmark.Run,
    ["read"] = ReadingBenchmark.Run,
    ["step"] = StepBenchmark.Run,
    ["process-step"] = ProcessStepBenchmark.Run,
    ["lr"] = JobBenchmark.Run,
    ["payload"] = PayloadBenchmark.Run,
    ["spark-transport"] = () => TransportBenchmark.RunAsync().GetAwaiter().GetResult(),
    ["spark-fit"] = () => FitBenchmark.RunAsync().GetAwaiter().GetResult(),
    ["wire"] = () => WireBenchmark.RunAsync().GetAwaiter().GetResult(),
};
if (args is ["peer", string kind])
{
    await EchoPeers.RunAsync(kind);
    return 0;
}

if (args.Length != 1 || !benchmarks.TryGetValue(args[0], out Action? run))
{
    Console.Error.WriteLine($"usage: dotnet run -c Release --project benchmarks -- {string.Join(" | ", benchmarks.Keys)}");
    return 2;
}

run();
return 0;
#endif
