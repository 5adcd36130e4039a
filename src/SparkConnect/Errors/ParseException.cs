namespace MetaSpore.Spark.SparkConnect;

/// <summary>A text of SQL or DDL is not well formed.</summary>
public sealed class ParseException : AnalysisException
{
    internal ParseException(ServerError error, Exception? inner) : base(error, inner)
    {
    }
}
