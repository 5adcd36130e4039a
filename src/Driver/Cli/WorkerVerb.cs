using MetaSpore.Spark.Udfs.Workers;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore worker</c>: started by <c>train --processes</c>, not by people.</summary>
static class WorkerVerb
{
    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Verb verb = new("worker", "A worker of a job; started by train --processes.", "        metaspore train --config job.yaml --processes") { Hidden = true };
        verb.SetAction(async (_, _) =>
        {
            await WorkerProcess.RunAsync(Console.In, context.Output);
            return ExitCode.Ok;
        });
        return verb;
    }
}
