using MetaSpore.Spark.Driver.Data;
using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.SparkConnect;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Spark;

/// <summary>The rows of a job file as DataFrames.</summary>
static class JobFrames
{
    /// <summary>The rows of a split; null when the job has none.</summary>
    /// <exception cref="BadInputException">An input is of a format that Spark does not read.</exception>
    public static async Task<SparkDataset?> ReadAsync(SparkSession session, DataConfig data, DataSplit split, CancellationToken cancellationToken)
    {
        DataFrame? all = null;
        foreach (DataInput input in data.Inputs[split])
        {
            DataFrame rows = input switch
            {
                { Table: { } table } => session.Table(table),
                { Sql: { } query } => await session.SqlAsync(query, cancellationToken: cancellationToken),
                _ => ReadFile(session, data.Dataset, input.File!.Path),
            };
            all = all is null ? rows : all.UnionByName(rows);
        }

        return all is null
            ? null
            : new SparkDataset(all) { Label = data.Dataset.Label, Missing = data.Dataset.Missing, ListDelimiter = data.Dataset.ListDelimiter, Files = data.Dataset };
    }

    static DataFrame ReadFile(SparkSession session, DatasetSpec spec, string path)
    {
        DataFormat format = spec.Format == DataFormat.Auto ? FormatOf(path) : spec.Format;
        return format switch
        {
            DataFormat.Parquet => session.Read.Parquet(path),
            DataFormat.Csv => ReadText(session, spec, spec.Delimiter, path),
            DataFormat.Tsv => ReadText(session, spec, '\t', path),
            _ => throw new BadInputException(
                $"'{path}' is a {format} file, which Spark does not read for training; write it as Parquet with 'metaspore convert --output FILE.parquet', and name that."),
        };
    }

    // Text stays text, so that values have the hashes that they have when the files are read without Spark.
    static DataFrame ReadText(SparkSession session, DatasetSpec spec, char delimiter, string path)
    {
        DataFrameReader reader = session.Read.Format("csv")
            .Option("sep", delimiter.ToString())
            .Option("header", spec.Header && spec.Names is null)
            .Option("ignoreLeadingWhiteSpace", spec.Trim)
            .Option("ignoreTrailingWhiteSpace", spec.Trim);
        if (spec.Names is { } names) reader = reader.Schema(string.Join(", ", names.Select(name => $"`{name.Replace("`", "``", StringComparison.Ordinal)}` STRING")));
        return reader.Load(path);
    }

    static DataFormat FormatOf(string path)
    {
        string name = path.TrimEnd('/').ToUpperInvariant();
        foreach (string compressed in (string[])[".GZ", ".ZST", ".BZ2"])
            if (name.EndsWith(compressed, StringComparison.Ordinal)) name = name[..^compressed.Length];
        return Path.GetExtension(name) switch
        {
            ".CSV" => DataFormat.Csv,
            ".TSV" => DataFormat.Tsv,
            ".LIBSVM" or ".SVM" => DataFormat.LibSvm,
            ".LIBFM" => DataFormat.LibFm,
            ".ARROW" or ".FEATHER" => DataFormat.Arrow,
            _ => DataFormat.Parquet,
        };
    }
}
