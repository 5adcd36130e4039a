namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Finds what a misspelt name may have meant.</summary>
static class NearestName
{
    /// <summary>The name of least edit distance (case aside), at most a third of its letters; null when none is near.</summary>
    public static string? Find(string name, IEnumerable<string> names)
    {
        string? nearest = null;
        int least = int.MaxValue;
        foreach (string candidate in names)
        {
            int distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance >= least || distance > Math.Max(1, Math.Max(name.Length, candidate.Length) / 3)) continue;
            least = distance;
            nearest = candidate;
        }

        return nearest;
    }

    /// <summary>Levenshtein's distance, by rows.</summary>
    static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
