namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The versions of Spark whose headers are known, oldest first.</summary>
enum TaskLayoutVersion
{
    Spark35,
    Spark40,
    Spark41,
    Spark42,
    Spark43,
}
