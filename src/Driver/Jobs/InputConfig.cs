namespace MetaSpore.Spark.Driver.Jobs;

/// <summary>The <c>input</c> section: the model to start from.</summary>
/// <param name="Model">Full path of its folder.</param>
/// <param name="UseFreshUpdaters">Take the updaters of this job instead of those stored with the model; states are kept.</param>
sealed record InputConfig(string Model, bool UseFreshUpdaters);
