using Apache.Arrow;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Features;

/// <summary>Finds columns by their exact name.</summary>
static class FieldIndex
{
    /// <summary>Position of <paramref name="column"/> in the schema.</summary>
    /// <exception cref="BadInputException">It is absent, or there are two of that name.</exception>
    public static int Of(Schema schema, string column)
    {
        int found = -1;
        for (int i = 0; i < schema.FieldsList.Count; i++)
        {
            if (!string.Equals(schema.FieldsList[i].Name, column, StringComparison.Ordinal)) continue;
            if (found >= 0) throw new BadInputException($"the rows have two columns named '{column}'; rename one of them");
            found = i;
        }

        if (found >= 0) return found;
        IEnumerable<string> names = schema.FieldsList.Select(field => field.Name);
        throw new BadInputException(
            $"the rows have no column '{column}'; their columns are: {string.Join(", ", names)}");
    }
}
