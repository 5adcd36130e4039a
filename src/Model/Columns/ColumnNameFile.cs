using System.Globalization;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Columns;

/// <summary>
/// Reads the names of the columns of a file without a header: one name a line, in order, or <c>INDEX NAME</c> with indexes
/// from 0, in any order. Blank lines are ignored.
/// </summary>
public static class ColumnNameFile
{
    /// <summary>Parses the text of such a file.</summary>
    /// <returns>The names by position.</returns>
    /// <exception cref="BadInputException">The text is malformed; the message names every wrong line.</exception>
    public static IReadOnlyList<string> FromText(string text) => Parse(text, "column names");

    /// <summary>Reads such a file, UTF-8.</summary>
    /// <returns>The names by position.</returns>
    /// <exception cref="BadInputException">The file is absent or malformed; the message names the file and lines.</exception>
    public static IReadOnlyList<string> FromFile(string path) => Parse(Read(path, "column-name"), path);

    /// <summary>The text of a small file that the user named.</summary>
    internal static string Read(string path, string what)
    {
        try
        {
            return File.ReadAllText(path).TrimStart('\uFEFF');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: the {what} file can't be read: {e.Message}", e);
        }
    }

    static string[] Parse(string text, string source)
    {
        var lines = new List<(int Number, string[] Words)>();
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0) lines.Add((number, words));
        }

        if (lines.Count == 0) throw new BadInputException($"{source}: no column name; expected one a line, or 'INDEX NAME'");
        var problems = new List<string>();
        string[] names = new string[lines.Count];
        int[] lineOf = new int[lines.Count];
        int width = lines[0].Words.Length;
        for (int i = 0; i < lines.Count; i++)
        {
            (int line, string[] words) = lines[i];
            if (words.Length != width || width > 2)
            {
                problems.Add($"{source}, line {line}: {words.Length} words; expected {(width == 1 ? "one column name" : "'INDEX NAME'")}");
                continue;
            }

            int index = i;
            if (width == 2 && (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out index) || index >= names.Length))
            {
                problems.Add($"{source}, line {line}: index '{words[0]}'; expected 0 to {names.Length - 1}, each once");
                continue;
            }

            if (lineOf[index] > 0) problems.Add($"{source}, line {line}: index {index} again; line {lineOf[index]} has it");
            names[index] = words[^1];
            lineOf[index] = line;
        }

        foreach (IGrouping<string, int> group in Enumerable.Range(0, names.Length).Where(i => lineOf[i] > 0).GroupBy(i => names[i]))
        {
            if (group.Count() > 1)
                problems.Add($"{source}, line {lineOf[group.Last()]}: column '{group.Key}' again; line {lineOf[group.First()]} has it");
        }

        return problems.Count == 0 ? names : throw new BadInputException(problems);
    }
}
