using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Why a file could not be read or written, in a few words.</summary>
static class FileFault
{
    /// <summary>Whether an exception comes from the file system, also through the Parquet library.</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or ParquetSharp.ParquetException;

    /// <summary>The reason alone: without the path, and without the names of native exceptions around it.</summary>
    public static string Reason(Exception e)
    {
        string text = e.Message.Split('\n')[0].Split(" : '")[0];
        const string Begin = "(message: '";
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.LastIndexOf("')", StringComparison.Ordinal);
        if (begin >= 0 && end > begin) text = text[(begin + Begin.Length)..end];
        int errno = text.IndexOf("[errno ", StringComparison.Ordinal);
        if (errno >= 0) text = text[(text.IndexOf(']', errno) + 1)..].Trim();
        return text.TrimEnd('.');
    }

    /// <summary>The error for a file that appears whole or not at all.</summary>
    public static BadInputException Unwritten(string path, Exception e) =>
        new($"{path}: the file can't be written: {Reason(e)}; nothing of it is left: free space, correct the permissions, or write elsewhere", e);
}
