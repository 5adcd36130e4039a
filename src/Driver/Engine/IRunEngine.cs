using MetaSpore.Spark.ParameterServer.Client;

namespace MetaSpore.Spark.Driver.Engine;

/// <summary>Where the shards and workers of a run live. One use; owns both.</summary>
interface IRunEngine : IAsyncDisposable
{
    /// <summary>The shards.</summary>
    ParameterClient Client { get; }

    /// <summary>The workers.</summary>
    IWorkerGroup Workers { get; }

    /// <summary>Fails when a process of the engine is lost; never completes otherwise.</summary>
    Task Lost { get; }

    /// <summary>The cause of a failure: the loss of a process where that is behind it, else the failure itself.</summary>
    Task<Exception> ExplainAsync(Exception error);

    /// <summary>The initial values of the dense tensors, by index in the layout, as bytes of their own type.</summary>
    IReadOnlyList<byte[]> InitialDense();

    /// <summary>Trains with whatever runs beside the workers.</summary>
    /// <param name="train">The training.</param>
    Task<T> RunAsync<T>(Func<Task<T>> train);

    /// <summary>Cancelled when something beside the workers asks for an end.</summary>
    CancellationToken Stopping { get; }
}
