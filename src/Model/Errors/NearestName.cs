namespace MetaSpore.Spark.Model.Errors;

/// <summary>Finds the name that a misspelt one was probably meant to be.</summary>
public static class NearestName
{
    /// <summary>The nearest candidate, or null when none is near: more than a third of the letters (at least two) would change.</summary>
    /// <remarks>Letter case, <c>_</c> and <c>-</c> are ignored, so that <c>batch_size</c> finds <c>batchSize</c>.</remarks>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        string wanted = Fold(name);
        string? best = null;
        int bestDistance = Math.Max(2, wanted.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            string folded = Fold(candidate);
            int distance = Distance(wanted, folded);
            bool abbreviates = wanted.Length >= 3 && folded.StartsWith(wanted, StringComparison.Ordinal);
            if (abbreviates) distance = Math.Min(distance, 2);
            if (distance >= bestDistance || distance >= Math.Max(wanted.Length, folded.Length)) continue;
            best = candidate;
            bestDistance = distance;
        }

        return best;
    }

    /// <summary>A clause that names the nearest candidate and lists all: <c>did you mean "x"? Known: x, y.</c></summary>
    public static string Suggest(string name, IReadOnlyCollection<string> candidates, string known)
    {
        string list = $"{known}: {string.Join(", ", candidates)}";
        return Find(name, candidates) is { } nearest ? $"did you mean \"{nearest}\"? {list}" : list;
    }

    static string Fold(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>Optimal string alignment distance: insert, delete, replace, or swap two neighbours.</summary>
    static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1], last = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + cost);
                bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if (swapped) current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[b.Length];
    }
}
