using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Writes batches of one schema to a file. The rows go to a temporary file beside it, and <see cref="Complete"/> gives that the
/// final name: a file with the final name is always whole. Not thread-safe.
/// </summary>
public abstract class RecordBatchWriter : IDisposable
{
    readonly string _path;
    bool _isComplete;

    private protected RecordBatchWriter(string path)
    {
        _path = path;
        TemporaryPath = TemporaryNameOf(path);
    }

    /// <summary>The file that is written to.</summary>
    private protected string TemporaryPath { get; }

    /// <summary>
    /// Opens a writer by file name: <c>.parquet</c> (zstd), <c>.arrow</c> (IPC file), <c>.arrows</c> (IPC stream),
    /// <c>.csv</c> (header, RFC 4180), <c>.tsv</c> (header); text also with <c>.gz</c> or <c>.zst</c>. Lists in text are joined with
    /// <c>|</c>, nulls are empty.
    /// </summary>
    /// <param name="path">The final name; an existing file is replaced when the writer completes.</param>
    /// <param name="schema">The columns of every batch.</param>
    /// <exception cref="BadInputException">The name tells no format that can be written, or the folder can't be written to.</exception>
    public static RecordBatchWriter Create(string path, Schema schema)
    {
        string name = Path.GetFileName(path);
        bool isCompressed = Path.GetExtension(name).ToUpperInvariant() is ".GZ" or ".ZST";
        string extension = Path.GetExtension(isCompressed ? Path.GetFileNameWithoutExtension(name) : name).ToUpperInvariant();
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            return (extension, isCompressed) switch
            {
                (".PARQUET", false) => new ParquetBatchWriter(path, schema),
                (".ARROW" or ".ARROWS", false) => new ArrowBatchWriter(path, schema, isFile: extension == ".ARROW"),
                (".CSV", _) => new TextBatchWriter(path, schema, ','),
                (".TSV", _) => new TextBatchWriter(path, schema, '\t'),
                _ => throw new BadInputException(
                    $"{path}: the name tells no format that can be written; use .parquet, .arrow, .arrows, .csv or .tsv (text also with .gz or .zst)"),
            };
        }
        catch (Exception e) when (FileFault.Is(e))
        {
            throw FileFault.Unwritten(path, e);
        }
    }

    /// <summary>Writes the rows of a batch, which stays the caller's.</summary>
    /// <exception cref="BadInputException">The disk is full, or a value can't be written in this format.</exception>
    public void Write(RecordBatch batch) => Guard(() => WriteRows(batch));

    /// <summary>Ends the file and gives it its name.</summary>
    /// <exception cref="BadInputException">The disk is full.</exception>
    public void Complete()
    {
        if (_isComplete) return;
        Guard(() =>
        {
            Close();
            File.Move(TemporaryPath, _path, overwrite: true);
        });
        _isComplete = true;
    }

    /// <summary>Frees everything; a file that was not completed is removed.</summary>
    public void Dispose()
    {
        if (!_isComplete)
        {
            _isComplete = true;
            try
            {
                Abandon();
            }
            catch (Exception e) when (FileFault.Is(e))
            {
                // What could not be written was reported when it was written; closing tries it once more.
            }
            finally
            {
                File.Delete(TemporaryPath);
            }
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A name beside the file, which readers of the folder pass over.</summary>
    internal static string TemporaryNameOf(string path) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");

    /// <summary>Writes rows to the temporary file.</summary>
    private protected abstract void WriteRows(RecordBatch batch);

    /// <summary>Ends the temporary file.</summary>
    private protected abstract void Close();

    /// <summary>Closes the temporary file, however it is.</summary>
    private protected abstract void Abandon();

    void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (FileFault.Is(e))
        {
            throw FileFault.Unwritten(_path, e);
        }
    }
}
