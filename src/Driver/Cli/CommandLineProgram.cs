using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>The program <c>metaspore</c>: parses arguments, runs a verb, turns errors into messages and exit codes.</summary>
static class CommandLineProgram
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="context">Streams and engine.</param>
    /// <param name="interrupt">Asks the verb to stop.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliContext context, CancellationToken interrupt)
    {
        RootCommand root = CreateRoot(context);
        ParseResult parsed = root.Parse(arguments.Count == 0 ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not { ClearsParseErrors: true }))
        {
            foreach (string problem in DescribeErrors(parsed)) context.Status.WriteLine($"error: {problem}");
            context.Status.WriteLine($"See: metaspore {(parsed.CommandResult.Command is Verb verb ? verb.Name + " " : "")}--help");
            return ExitCode.BadInput;
        }

        return await GuardAsync(context, () => parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = context.Output,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            },
            interrupt), interrupt);
    }

    /// <summary>The commands, options and their help.</summary>
    public static RootCommand CreateRoot(CliContext context)
    {
        RootCommand root = new("Train recommendation and click models with billions of sparse features.");
        Verb[] verbs =
        [
            DemoVerb.Create(context),
            GenerateVerb.Create(context),
            TrainVerb.Create(context),
            EvaluateVerb.Create(context),
            PredictVerb.Create(context),
            ConvertVerb.Create(context),
            InspectVerb.Create(context),
            PackageVerb.Create(context),
            DoctorVerb.Create(context),
            RunVerb.Create(context),
            ServeShardVerb.Create(context),
            TopVerb.Create(context),
            SubmitSettingsVerb.Create(context),
            WorkerVerb.Create(context),
        ];
        foreach (Verb verb in verbs) root.Subcommands.Add(verb);
        foreach (HelpOption help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    static async Task<int> GuardAsync(CliContext context, Func<Task<int>> run, CancellationToken interrupt)
    {
        try
        {
            return await run();
        }
        catch (BadInputException e)
        {
            context.Status.SetStatus("");
            foreach (string problem in e.Problems) context.Status.WriteLine($"error: {problem}");
            WriteTrace(context, e);
            return ExitCode.BadInput;
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            context.Status.SetStatus("");
            context.Status.WriteLine("interrupted");
            return ExitCode.Interrupted;
        }
#pragma warning disable CA1031 // The edge of the program: every failure becomes a message and an exit code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            context.Status.SetStatus("");
            context.Status.WriteLine($"error: {Message(e)}");
            WriteTrace(context, e);
            return ExitCode.Failure;
        }
    }

    static string Message(Exception e)
    {
        while (e is AggregateException { InnerExceptions: [Exception only] }) e = only;
        bool isExpected = e is IOException or UnauthorizedAccessException or InvalidOperationException or TimeoutException or AgentException;
        return isExpected ? e.Message : $"{e.GetType().Name}: {e.Message} (METASPORE_DEBUG=1 shows where)";
    }

    static void WriteTrace(CliContext context, Exception e)
    {
        if (Environment.GetEnvironmentVariable("METASPORE_DEBUG") == "1") context.Status.WriteLine(e.ToString());
    }

    static IEnumerable<string> DescribeErrors(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.Count == 0) return parsed.Errors.Select(error => error.Message);
        return parsed.UnmatchedTokens.Select(token =>
        {
            if (command is RootCommand) return $"unknown verb \"{token}\"; {NearestName.Suggest(token, [.. command.Subcommands.Select(c => c.Name)], "verbs")}";
            if (!token.StartsWith('-')) return $"unexpected \"{token}\" after {command.Name}";
            return $"unknown option \"{token}\" of {command.Name}; {NearestName.Suggest(token, [.. command.Options.Select(o => o.Name)], "options")}";
        });
    }
}
