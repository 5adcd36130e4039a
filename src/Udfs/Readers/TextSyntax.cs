namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>How text is split into fields.</summary>
/// <param name="Delimiter">Between fields, ASCII.</param>
/// <param name="HasQuotes">Whether quotes have the meaning of RFC 4180.</param>
/// <param name="Trim">Whether fields lose blanks and tabs at both ends.</param>
/// <param name="JoinsDelimiters">Whether several delimiters in a row count as one.</param>
readonly record struct TextSyntax(char Delimiter, bool HasQuotes, bool Trim, bool JoinsDelimiters)
{
    /// <summary>The syntax of a text format.</summary>
    public static TextSyntax Of(DatasetSpec spec, DataFormat format) => format switch
    {
        DataFormat.Csv => new(spec.Delimiter, true, spec.Trim, false),
        DataFormat.Tsv => new('\t', false, spec.Trim, false),
        _ => new(' ', false, true, true),
    };
}
