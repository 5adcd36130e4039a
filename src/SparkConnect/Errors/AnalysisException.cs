namespace MetaSpore.Spark.SparkConnect;

/// <summary>A query is understood but can't be planned: a missing table or column, types that do not fit.</summary>
public class AnalysisException : SparkException
{
    internal AnalysisException(ServerError error, Exception? inner) : base(error, inner)
    {
    }
}
