using System.Text;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Columns;

/// <summary>
/// Reads the text form of a schema: one feature a line, a column <c>col</c> or a cross <c>colA#colB</c>. A line that is
/// <c>#</c> alone or begins with <c>#</c> and a blank is a comment; blanks at the ends of a line are ignored; blank lines may
/// only stand at the end, because MetaSpore ignores everything after the first one. Strict: whatever else MetaSpore would
/// skip silently (text after a name, a lone <c>#</c>) is an error.
/// </summary>
public static class CombineSchemaParser
{
    const string NamePunctuation = "_-.[]\\^`";

    /// <summary>Parses schema text.</summary>
    /// <exception cref="BadInputException">The text is no schema; the message names every wrong line and column.</exception>
    public static CombineSchema FromText(string text) => Parse(text, "combine schema");

    /// <summary>Reads a schema file, UTF-8.</summary>
    /// <exception cref="BadInputException">The file is absent or no schema; the message names the file, lines and columns.</exception>
    public static CombineSchema FromFile(string path) => Parse(ColumnNameFile.Read(path, "combine schema"), path);

    static CombineSchema Parse(string text, string source)
    {
        var features = new List<CombineFeature>();
        var problems = new List<string>();
        int blankLine = 0;
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string feature = line.Trim();
            if (feature.Length == 0)
            {
                if (blankLine == 0) blankLine = number;
                continue;
            }

            if (feature == "#" || feature.StartsWith("# ", StringComparison.Ordinal)) continue;
            if (blankLine > 0)
            {
                problems.Add(
                    $"{source}, line {number}: feature '{feature}' after blank line {blankLine}; a blank line ends a schema in "
                    + "MetaSpore, so put nothing but comments after it (or remove it)");
                break;
            }

            if (ParseFeature(feature, line.IndexOf(feature, StringComparison.Ordinal), $"{source}, line {number}", problems) is { } parsed)
                features.Add(parsed);
        }

        if (problems.Count == 0 && features.Count == 0)
            problems.Add($"{source}: no feature; expected one a line, for example 'user_id' or 'user_id#item_id'");
        if (problems.Count > 0) throw new BadInputException(problems);
        return new(features);
    }

    static CombineFeature? ParseFeature(string feature, int indent, string place, List<string> problems)
    {
        string[] names = feature.Split('#');
        int column = indent + 1;
        foreach (string name in names)
        {
            if (name.Length == 0)
            {
                problems.Add(
                    $"{place}, column {column}: an empty column name in '{feature}'; write columns of a cross as 'a#b', "
                    + "and a comment with a blank after '#'");
                return null;
            }

            int wrong = IndexOfWrong(name);
            if (wrong >= 0)
            {
                Rune token = Rune.GetRuneAt(name, wrong);
                problems.Add(
                    $"{place}, column {column + wrong}: unexpected {Quote(token)} in '{feature}'; a column name has letters, "
                    + $"digits and {string.Join(' ', NamePunctuation.ToCharArray())}, and nothing follows the last name");
                return null;
            }

            column += name.Length + 1;
        }

        return new(names);
    }

    static string Quote(Rune token) => token.Value switch
    {
        ' ' => "blank",
        '\t' => "tab",
        _ when Rune.IsControl(token) => $"character U+{token.Value:X4}",
        _ => $"'{token}'",
    };

    static int IndexOfWrong(string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (!char.IsLetterOrDigit(name, i) && !NamePunctuation.Contains(name[i], StringComparison.Ordinal)) return i;
            if (char.IsSurrogatePair(name, i)) i++;
        }

        return -1;
    }
}
