using MetaSpore.Spark.Model.Errors;
using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Turns the inputs of a dataset into files.</summary>
static class DatasetFiles
{
    /// <summary>All files in the order of the inputs; those of a folder or glob in ordinal order of their paths.</summary>
    /// <exception cref="BadInputException">An input matches no file, or its range or format is not possible; names all of them.</exception>
    public static IReadOnlyList<DataFile> Expand(DatasetSpec spec)
    {
        var files = new List<DataFile>();
        var problems = new List<string>();
        if (spec.Inputs.Count == 0) problems.Add("the data set lists no file; name at least one file, folder or glob");
        foreach (InputFile input in spec.Inputs) Expand(spec, input, files, problems);
        return problems.Count == 0 ? files : throw new BadInputException(problems);
    }

    /// <summary>The format that a file's name tells; <see cref="DataFormat.Auto"/> when it tells none.</summary>
    public static DataFormat FormatOf(string path)
    {
        string name = Path.GetExtension(path).ToUpperInvariant() is ".GZ" or ".ZST" ? Path.GetFileNameWithoutExtension(path) : path;
        return Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".CSV" or ".TXT" => DataFormat.Csv,
            ".TSV" => DataFormat.Tsv,
            ".LIBSVM" or ".SVM" => DataFormat.LibSvm,
            ".LIBFM" or ".FM" => DataFormat.LibFm,
            ".PARQUET" => DataFormat.Parquet,
            ".ARROW" or ".ARROWS" or ".FEATHER" or ".IPC" => DataFormat.Arrow,
            _ => DataFormat.Auto,
        };
    }

    static void Expand(DatasetSpec spec, InputFile input, List<DataFile> files, List<string> problems)
    {
        if (input.FirstRow < 0 || input.LastRow < input.FirstRow)
        {
            problems.Add($"{input.Path}: rows {input.FirstRow}..{input.LastRow} are no range; write first..last, counted from 0, both inclusive");
            return;
        }

        if (File.Exists(input.Path))
        {
            Add(spec, input, input.Path, files, problems);
            return;
        }

        bool isFolder = Directory.Exists(input.Path);
        if (!isFolder && input.Path.IndexOfAny(['*', '?']) < 0)
        {
            problems.Add($"{input.Path}: no such file or folder");
            return;
        }

        string[] matches = isFolder ? InFolder(spec, input.Path) : InGlob(input.Path);
        if (matches.Length == 0)
        {
            problems.Add(isFolder
                ? $"{input.Path}: the folder has no data file; expected .csv, .tsv, .txt, .libsvm, .libfm, .parquet or .arrow files, or say which format all files have"
                : $"{input.Path}: no file matches; '*' stands for a part of a name, '**' for any folders");
        }
        else if (input.FirstRow > 0 || input.LastRow is not null)
        {
            problems.Add($"{input.Path}: rows can be chosen of a single file only, and this names {(isFolder ? "a folder" : "a glob")}; list the files");
        }
        else
        {
            foreach (string match in matches) Add(spec, input, match, files, problems);
        }
    }

    static void Add(DatasetSpec spec, InputFile input, string path, List<DataFile> files, List<string> problems)
    {
        DataFormat format = spec.Format == DataFormat.Auto ? FormatOf(path) : spec.Format;
        if (format == DataFormat.Auto)
        {
            problems.Add(
                $"{path}: the name does not tell the format; say format: csv, tsv, libsvm, libfm, parquet or arrow "
                + "(names may end in .gz or .zst besides)");
            return;
        }

        files.Add(new(path, format, input.FirstRow, input.LastRow));
    }

    static string[] InFolder(DatasetSpec spec, string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => !IsHidden(Path.GetRelativePath(folder, path)) && (spec.Format != DataFormat.Auto || FormatOf(path) != DataFormat.Auto))
            .Order(StringComparer.Ordinal),
    ];

    static string[] InGlob(string pattern)
    {
        string[] parts = pattern.Replace('\\', '/').Split('/');
        int literal = Array.FindIndex(parts, part => part.IndexOfAny(['*', '?']) >= 0);
        string folder = literal == 0 ? "." : string.Join('/', parts[..literal]) + "/";
        if (!Directory.Exists(folder)) return [];
        var matcher = new Matcher(StringComparison.Ordinal);
        matcher.AddInclude(string.Join('/', parts[literal..]));
        return
        [
            .. matcher.Execute(new DirectoryInfoWrapper(new(folder))).Files
                .Where(match => !IsHidden(match.Path))
                .Select(match => literal == 0 ? match.Path : folder + match.Path)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Whether a name on the path begins with <c>_</c> or <c>.</c>, as marker files of Spark do.</summary>
    static bool IsHidden(string relative) => relative.Replace('\\', '/').Split('/').Any(part => part.StartsWith('_') || part.StartsWith('.'));
}
