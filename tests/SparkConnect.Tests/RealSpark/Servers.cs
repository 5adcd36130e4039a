using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.RealSpark;

/// <summary>The newest version.</summary>
public sealed class Spark43() : SparkServer("4.3.0");

/// <summary>The oldest version.</summary>
public sealed class Spark35() : SparkServer("3.5.7");

/// <summary>Both servers, started once.</summary>
[CollectionDefinition(Name)]
public sealed class SparkServers : ICollectionFixture<Spark43>, ICollectionFixture<Spark35>
{
    public const string Name = "real Spark";
}
