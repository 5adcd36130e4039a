using Xunit;

namespace MetaSpore.Spark.Model.Tests.Modules;

/// <summary>Tests of first weights: stock layers draw them from torch's one generator, so no other test may run beside them.</summary>
[CollectionDefinition(nameof(GlobalGenerator), DisableParallelization = true)]
public sealed class GlobalGenerator;
