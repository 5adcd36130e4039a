using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Checks the options of text formats.</summary>
static class TextSyntaxCheck
{
    /// <summary>Checks delimiters and names.</summary>
    /// <exception cref="BadInputException">A delimiter can't be one, or names are repeated; names all problems.</exception>
    public static void Check(DatasetSpec spec)
    {
        var problems = new List<string>();
        CheckDelimiter(spec.Delimiter, "delimiter", problems);
        CheckDelimiter(spec.ListDelimiter, "listDelimiter", problems);
        if (spec.Delimiter == spec.ListDelimiter && spec.Format is DataFormat.Csv or DataFormat.Auto)
            problems.Add($"delimiter and listDelimiter are both '{spec.Delimiter}'; choose two different characters");
        foreach (IGrouping<string, string> group in (spec.Names ?? []).GroupBy(name => name, StringComparer.Ordinal))
        {
            if (group.Count() > 1) problems.Add($"names lists '{group.Key}' {group.Count()} times; give each column its own name");
        }

        if (problems.Count > 0) throw new BadInputException(problems);
    }

    static void CheckDelimiter(char delimiter, string name, List<string> problems)
    {
        if (delimiter is >= '\x80' or '\n' or '\r' or '"')
            problems.Add($"{name} is '{delimiter}'; expected one ASCII character other than a quote or a line end");
    }
}
