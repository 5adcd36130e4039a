using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>The standard help, then the examples of the verb.</summary>
sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    const string RootExamples = """
        Examples:
          metaspore demo                                     see everything once: data, training, evaluation, prediction
          metaspore train --config job.yaml                  train the model that job.yaml describes
          metaspore train --help                             options and examples of a verb
        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        standard.Invoke(parseResult);
        string examples = parseResult.CommandResult.Command is Verb verb ? "Examples:\n" + Indent(verb.Examples) : RootExamples;
        parseResult.InvocationConfiguration.Output.WriteLine(examples);
        return ExitCode.Ok;
    }

    static string Indent(string text) => string.Join('\n', text.Split('\n').Select(line => line.Length == 0 ? line : "  " + line));
}
