namespace MetaSpore.Spark.ParameterServer.Checkpoints;

/// <summary>Counts the rows of a table from its files.</summary>
static class TableRowCount
{
    const int Block = 1 << 16;

    /// <summary>Rows of one shard's part: the header's count of a whole file, or the keys that remain after all deltas.</summary>
    /// <param name="parts">The part's files, oldest first.</param>
    /// <exception cref="Model.Errors.BadInputException">A file is missing or damaged.</exception>
    public static long Of(IReadOnlyList<TablePart> parts)
    {
        if (parts.Count == 1) return OfFile(parts[0].RowsPath);

        // Whether a key that any delta names is there in the end; the other ones are counted in the whole file.
        Dictionary<ulong, bool> named = [];
        foreach (TablePart part in parts.Skip(1))
        {
            foreach (ulong key in RemovedKeysFile.Read(part.RemovedPath!)) named[key] = false;
            foreach (ulong key in Keys(part.RowsPath)) named[key] = true;
        }

        return Keys(parts[0].RowsPath).LongCount(key => !named.ContainsKey(key)) + named.Values.LongCount(isThere => isThere);
    }

    static long OfFile(string path)
    {
        using FetchedFile file = FetchedFile.Of(path);
        return file.Read(local =>
        {
            if (!TableFileReader.IsBinary(local)) return File.ReadLines(local).LongCount();
            using TableFileReader reader = TableFileReader.Open(local);
            return reader.Count;
        });
    }

    static IEnumerable<ulong> Keys(string path)
    {
        using FetchedFile file = FetchedFile.Of(path);
        using TableFileReader reader = file.Read(TableFileReader.Open);
        ulong[] keys = new ulong[(int)Math.Min(Block, reader.Count)];
        for (long start = 0; start < reader.Count; start += keys.Length)
        {
            int count = (int)Math.Min(keys.Length, reader.Count - start);
            reader.ReadKeys(start, keys.AsSpan(0, count));
            for (int i = 0; i < count; i++) yield return keys[i];
        }
    }
}
