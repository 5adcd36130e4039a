using System.CommandLine;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>A command of the program, with examples for its help.</summary>
sealed class Verb : Command
{
    /// <summary>Creates a verb that does nothing yet.</summary>
    public Verb(string name, string description, string examples)
        : base(name, description) => Examples = examples;

    /// <summary>Text below the options in the help: commands to copy, each with a line that says what it does.</summary>
    public string Examples { get; }
}
