namespace MetaSpore.Spark.Driver.Launch;

/// <summary>What one check of <see cref="Doctor"/> found. Immutable.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Check">Name of the check.</param>
/// <param name="Message">What was found.</param>
/// <param name="Cure">What to do; null when all is well.</param>
sealed record Finding(FindingLevel Level, string Check, string Message, string? Cure = null);
