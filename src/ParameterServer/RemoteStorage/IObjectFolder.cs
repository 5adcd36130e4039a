using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>
/// Objects by name below one location, on a local or shared file system, S3 or HDFS alike. A put appears whole or not at all and
/// replaces what had the name; what was put is seen by every later call from anywhere that sees the location. Names are relative,
/// <c>/</c> separates their parts; there are no empty folders. Thread-safe.
/// </summary>
/// <remarks>
/// Every call repeats what a store may fail in passing, and ends at a deadline: a minute or two, and for content a second more for
/// each MiB. Then, and when the store can't be reached, it throws a <see cref="StorageException"/>; what a user must set right
/// (no such bucket, no credentials, no permission) is a <see cref="BadInputException"/>; a local file system's faults come as
/// <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.
/// </remarks>
public interface IObjectFolder
{
    /// <summary>Where it is.</summary>
    StorageLocation Location { get; }

    /// <summary>Writes an object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Ends the call; the object is then as it was, or whole.</param>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Writes an object from a local file of any size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="cancellationToken">Ends the call; the object is then as it was, or whole.</param>
    Task UploadAsync(string path, string name, CancellationToken cancellationToken);

    /// <summary>Reads a small object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="maxLength">The largest length that is read.</param>
    /// <returns>The content; null when there is no such object.</returns>
    /// <exception cref="BadInputException">The object is larger.</exception>
    Task<byte[]?> TryGetAsync(string name, CancellationToken cancellationToken, int maxLength = ObjectFolder.MaxSmallLength);

    /// <summary>Reads an object of any size into a stream.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="target">Receives the content, each byte once.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The length.</returns>
    /// <exception cref="FileNotFoundException">There is no such object.</exception>
    Task<long> DownloadAsync(string name, Stream target, CancellationToken cancellationToken);

    /// <summary>The objects whose names begin with <paramref name="prefix"/>, in the order of their names; all for the empty text.</summary>
    Task<IReadOnlyList<StoredObject>> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes an object of that name, and every object below it (<c>{name}/…</c>). Nothing there is no error.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Deletes every object.</summary>
    Task DeleteAllAsync(CancellationToken cancellationToken);
}
