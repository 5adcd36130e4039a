using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Model.Columns;

/// <summary>Finds everything that is wrong with a <see cref="FeatureSpec"/>.</summary>
static class FeatureSpecValidator
{
    const int MaxBuckets = 4096;

    public static IReadOnlyList<string> Problems(FeatureSpec spec, IReadOnlyCollection<string>? available, string? label)
    {
        var problems = new List<string>();
        CheckShape(spec, problems);
        CheckNames(spec, problems);
        CheckUses(spec, problems);
        if (problems.Count == 0) CheckData(spec, available, label, problems);
        return problems;
    }

    static void CheckShape(FeatureSpec spec, List<string> problems)
    {
        if (spec.CombineSchema is null && spec.Categorical.Count + spec.Crosses.Count + spec.Numeric.Sum(group => group.Columns.Count) == 0)
            problems.Add("features: there are none; list columns under categorical, numeric or crosses, or give a combine schema");
        if (spec.CombineSchema is not null && spec.Categorical.Count + spec.Crosses.Count > 0)
            problems.Add("features: a combine schema lists the features itself; leave categorical and crosses out");
        foreach (NumericColumns group in spec.Numeric)
        {
            string name = $"features, numeric [{string.Join(", ", group.Columns)}]";
            if (group.Columns.Count == 0) problems.Add("features: a numeric group has no columns");
            if (group.MinCount < 1) problems.Add($"{name}: minCount is {group.MinCount}; expected at least 1");
            if (group.Buckets is < 1 or > MaxBuckets) problems.Add($"{name}: buckets is {group.Buckets}; expected 1 to {MaxBuckets}");
        }
    }

    static void CheckNames(FeatureSpec spec, List<string> problems)
    {
        IEnumerable<string> names = spec.Categorical.Concat(spec.Lists).Concat(spec.Numeric.SelectMany(group => group.Columns))
            .Concat(spec.Crosses.Concat(spec.CombineSchema?.Features ?? []).SelectMany(cross => cross.Columns));
        foreach (string name in names.Distinct(StringComparer.Ordinal))
        {
            if (name.Length == 0) problems.Add("features: a column name is empty");
            else if (name.AsSpan().ContainsAny('#', '\n', '\r'))
                problems.Add($"features: column '{name}' has a '#' or a line break in its name, which a schema can't hold; rename the column");
        }

        foreach (CombineFeature cross in spec.Crosses.Where(cross => cross.Columns.Count < 2))
            problems.Add($"features: the cross [{string.Join(", ", cross.Columns)}] needs at least two columns; list a single one under categorical");
    }

    static void CheckUses(FeatureSpec spec, List<string> problems)
    {
        Duplicates(spec.Categorical, "under categorical", problems);
        Duplicates(spec.Crosses.Select(cross => cross.ToString()), "under crosses", problems);
        Duplicates(spec.DenseColumns, "under numeric as dense", problems);
        string[] encoded = [.. spec.Numeric.Where(group => group.As != NumericEncoding.Dense).SelectMany(group => group.Columns)];
        Duplicates(encoded, "under numeric as a category", problems);
        foreach (string name in spec.Categorical.Intersect(spec.DenseColumns.Concat(encoded), StringComparer.Ordinal))
            problems.Add($"features: column '{name}' is both under categorical and under numeric; leave one of them out");

        string[] dense = [.. spec.DenseColumns.Except(encoded, StringComparer.Ordinal)];
        foreach (CombineFeature feature in spec.Crosses.Concat(spec.CombineSchema?.Features ?? []))
        {
            foreach (string name in feature.Columns.Intersect(dense, StringComparer.Ordinal))
            {
                problems.Add(
                    $"features: '{feature}' needs column '{name}' as a category, but it is under numeric as dense; "
                    + "list it also as log2, quantile or value");
            }
        }

        foreach (string name in spec.Lists.Where(name => !spec.Columns.ContainsKey(name)))
            problems.Add($"features: list column '{name}' is used by no feature; {Suggest(name, [.. spec.Columns.Keys], "the features use")}");
        foreach (string name in spec.Lists.Where(name => spec.Columns.TryGetValue(name, out ColumnKind kind) && kind == ColumnKind.Number))
            problems.Add($"features: column '{name}' is under numeric and can't be a list");
    }

    static void CheckData(FeatureSpec spec, IReadOnlyCollection<string>? available, string? label, List<string> problems)
    {
        if (label is not null && spec.Columns.ContainsKey(label))
            problems.Add($"features: column '{label}' is the label and can't be a feature as well");
        if (available is null) return;
        foreach (string name in spec.Columns.Keys.Where(name => !available.Contains(name)))
            problems.Add($"features: the data have no column '{name}'; {Suggest(name, available, "their columns are")}");
    }

    static void Duplicates(IEnumerable<string> names, string place, List<string> problems)
    {
        foreach (IGrouping<string, string> group in names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
            problems.Add($"features: '{group.Key}' is listed {group.Count()} times {place}");
    }

    static string Suggest(string name, IReadOnlyCollection<string> candidates, string known) => NearestName.Suggest(name, candidates, known);
}
