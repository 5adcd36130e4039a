using System.CommandLine;
using MetaSpore.Spark.Driver.Agents;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore run</c>.</summary>
static class RunVerb
{
    const string Examples = """
        metaspore run --agent Samples.CountingAgent --assembly bin/Samples.dll -w 2 -s 1
            one coordinator, two workers and one shard, as threads of this process
        metaspore run -a Samples.CountingAgent --assembly bin/Samples.dll --conf batch_size=100 --conf path=train.csv
            set the properties BatchSize and Path of the agent
        """;

    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> agent = new("--agent", "-a") { Description = "Full name of a type derived from Agent", HelpName = "TYPE", Required = true };
        Option<string> assembly = new("--assembly") { Description = "The .dll that holds the type", HelpName = "DLL", Required = true };
        Option<string[]> conf = new("--conf") { Description = "Set a property of the agent: null, true, false, a number or text; may be repeated", HelpName = "NAME=VALUE" };
        Option<int> workers = new("--worker-count", "-w") { Description = "Number of workers", HelpName = "W", DefaultValueFactory = _ => 1 };
        Option<int> servers = new("--server-count", "-s") { Description = "Number of shards", HelpName = "S", DefaultValueFactory = _ => 1 };
        Option<string> name = new("--job-name", "-j") { Description = "Name of the job in log lines", HelpName = "NAME" };
        Verb verb = new("run", "Run a program of your own on a coordinator, workers and shards.", Examples) { agent, assembly, conf, workers, servers, name };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var launcher = new PSLauncher
            {
                WorkerCount = parsed.GetValue(workers),
                ServerCount = parsed.GetValue(servers),
                JobName = parsed.GetValue(name),
                Logger = context.Logger,
            };
            foreach (string setting in parsed.GetValue(conf) ?? []) launcher.Attributes.Add(setting);
            await launcher.LaunchAsync(parsed.GetValue(assembly)!, parsed.GetValue(agent)!, cancellationToken);
            return ExitCode.Ok;
        });
        return verb;
    }
}
