namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>How parameters begin and change.</summary>
/// <param name="Updater">The updater with its options.</param>
/// <param name="Initializer">The initialiser with its options; null: none given.</param>
sealed record OptimizerConfig(TypedOptions Updater, TypedOptions? Initializer);
