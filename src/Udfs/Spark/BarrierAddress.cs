namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Where a barrier task reaches Spark: a port of this machine with a secret, or the path of a unix socket.</summary>
readonly record struct BarrierAddress(int Port, string? Secret, string? Path);
