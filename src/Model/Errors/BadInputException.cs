namespace MetaSpore.Spark.Model.Errors;

/// <summary>
/// Input, options, a schema or a file that the user gave is wrong. The message is complete for the user: what, where,
/// what was expected, what was found and what to do. The command line prints it alone and ends with exit code 2.
/// </summary>
public sealed class BadInputException : Exception
{
    /// <summary>Creates the exception for one problem.</summary>
    public BadInputException(string message) : base(message) => Problems = [message];

    /// <summary>Creates the exception for one problem with its cause.</summary>
    public BadInputException(string message, Exception inner) : base(message, inner) => Problems = [message];

    /// <summary>Creates the exception for all problems found at once; <paramref name="problems"/> holds at least one.</summary>
    public BadInputException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>Every problem found, one complete sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}
