using System.CommandLine;
using MetaSpore.Spark.Driver.Launch;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary><c>metaspore submit-settings</c>: called by <c>spark-submit.sh</c>, not by people.</summary>
static class SubmitSettingsVerb
{
    /// <summary>Creates the verb.</summary>
    public static Verb Create(CliContext context)
    {
        Option<string> config = CommonOptions.Config();
        Option<string[]> set = CommonOptions.Set();
        Option<int> executors = new("--executors") { Description = "Executors; 0: unknown", HelpName = "N" };
        Option<int> defaultExecutors = new("--default-executors") { Description = "Executors when the job file does not say either; 0: unknown", HelpName = "N" };
        Verb verb = new("submit-settings", "Spark's keys that a job file asks for, one key=value a line.", "        metaspore submit-settings --config job.yaml") { config, set, executors, defaultExecutors };
        verb.Hidden = true;
        verb.SetAction(parsed =>
        {
            SparkJobSettings job = SparkJobSettings.Load(parsed.GetValue(config)!, parsed.GetValue(set) ?? []);
            foreach ((string key, string value) in job.SparkKeys(parsed.GetValue(executors), parsed.GetValue(defaultExecutors))) context.Output.WriteLine($"{key}={value}");
            return ExitCode.Ok;
        });
        return verb;
    }
}
