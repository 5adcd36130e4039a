using System.Runtime.CompilerServices;
using Apache.Arrow;
using MetaSpore.Spark.Udfs.Readers;

namespace MetaSpore.Spark.Driver.Data;

/// <summary>
/// Rows in files that this machine reads: training on them needs neither Spark nor a JVM.
/// <code>
/// LocalDataset.Csv("train.csv.gz") with { Header = true, Label = new LabelRule("clicked") }
/// </code>
/// Immutable.
/// </summary>
public sealed record LocalDataset : Dataset
{
    /// <summary>Creates a data set over what <paramref name="spec"/> describes.</summary>
    public LocalDataset(DatasetSpec spec) => Spec = spec;

    /// <summary>Which rows, and what they look like.</summary>
    public DatasetSpec Spec { get; init; }

    /// <summary>How the label is made.</summary>
    public LabelRule? Label
    {
        get => Spec.Label;
        init => Spec = Spec with { Label = value };
    }

    /// <summary>Whether the first line of each text file names the columns.</summary>
    public bool Header
    {
        get => Spec.Header;
        init => Spec = Spec with { Header = value };
    }

    /// <summary>Column names, in the order of the file.</summary>
    public IReadOnlyList<string>? Names
    {
        get => Spec.Names;
        init => Spec = Spec with { Names = value };
    }

    /// <summary>Text with commas; files, folders or globs.</summary>
    public static LocalDataset Csv(params IReadOnlyList<string> paths) => Of(DataFormat.Csv, paths);

    /// <summary>Text with tabs; files, folders or globs.</summary>
    public static LocalDataset Tsv(params IReadOnlyList<string> paths) => Of(DataFormat.Tsv, paths);

    /// <summary>libsvm text; files, folders or globs.</summary>
    public static LocalDataset LibSvm(params IReadOnlyList<string> paths) => Of(DataFormat.LibSvm, paths);

    /// <summary>libfm text; files, folders or globs.</summary>
    public static LocalDataset LibFm(params IReadOnlyList<string> paths) => Of(DataFormat.LibFm, paths);

    /// <summary>Parquet; files, folders or globs.</summary>
    public static LocalDataset Parquet(params IReadOnlyList<string> paths) => Of(DataFormat.Parquet, paths);

    /// <summary>Arrow IPC, file or stream; files, folders or globs.</summary>
    public static LocalDataset Arrow(params IReadOnlyList<string> paths) => Of(DataFormat.Arrow, paths);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<RecordBatch> ReadAsync(
        int batchSize = 1024, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        DatasetReader reader = DatasetReader.Open(Spec with { KeepOtherColumns = true });
        foreach (RecordBatch batch in reader.ReadInOrder(batchSize, cancellationToken))
        {
            yield return batch;
            await Task.Yield();
        }
    }

    internal override Task<LocalDataset> StoreAsync(string path, CancellationToken cancellationToken) => Task.FromResult(this);

    static LocalDataset Of(DataFormat format, IReadOnlyList<string> paths) =>
        new(new DatasetSpec { Inputs = [.. paths.Select(path => new InputFile(path))], Format = format });
}
