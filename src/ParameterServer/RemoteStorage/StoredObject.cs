namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>An object of an <see cref="IObjectFolder"/>.</summary>
/// <param name="Name">Its name below the folder; <c>/</c> separates parts.</param>
/// <param name="Length">Its length in bytes.</param>
public readonly record struct StoredObject(string Name, long Length);
