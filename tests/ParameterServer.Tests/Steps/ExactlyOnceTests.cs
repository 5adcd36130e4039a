using System.Globalization;
using MetaSpore.Spark.ParameterServer.Tests.Steps.ExactlyOnce;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Steps;

/// <summary>
/// Seeded histories of whole runs over real shards. METASPORE_HISTORIES sets their number (default 100,000) and
/// METASPORE_SEED the first seed (default 0), as for a longer search or to see one again.
/// </summary>
public sealed class ExactlyOnceTests
{
    [Fact]
    public void Run_RandomHistories_EqualsSerialReplay()
    {
        int count = Setting("METASPORE_HISTORIES", 100_000), first = Setting("METASPORE_SEED", 0), done = 0;
        (int Seed, Exception Error)? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        if (failure is { } f) Assert.Fail($"history {f.Seed} (METASPORE_HISTORIES=1 METASPORE_SEED={f.Seed} shows it again): {f.Error}");

        void Work()
        {
            using Memory memory = new();
            Pump pump = new();
            SynchronizationContext.SetSynchronizationContext(pump);
            while (Interlocked.Increment(ref done) is var number && number <= count && failure is null)
            {
                int seed = first + number - 1;
                try
                {
                    using History history = new(seed, memory, pump);
                    history.Run();
                }
                catch (Exception error)
                {
                    failure = (seed, error);
                }
            }
        }
    }

    static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
