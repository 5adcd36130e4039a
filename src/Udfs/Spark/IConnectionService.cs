namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>What a process does with a connection after the handshake; which, says the module in its arguments. Thread-safe.</summary>
interface IConnectionService
{
    /// <summary>Serves until the connection is of no more use. An <see cref="IOException"/> means that it broke.</summary>
    void Serve(Connection connection);
}
