using MetaSpore.Spark.Driver.Estimators;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>The program of the coordinator's agent of a fit, which runs around the training. One use.</summary>
/// <param name="estimator">The fit.</param>
/// <param name="job">The agents' job.</param>
/// <param name="coordinator">The coordinator's agent, a part of the job.</param>
sealed class TrainingProgram(TorchEstimator estimator, AgentJob job, TorchAgent coordinator)
{
    volatile bool _hasFailed;

    /// <summary>Runs the program.</summary>
    /// <param name="train">Trains to the end, or until it is interrupted.</param>
    /// <returns>What <paramref name="train"/> returned.</returns>
    /// <exception cref="BadInputException">The program ended without training.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> train)
    {
        Task<T>? training = null;
        // Off the coordinator's thread, which answers requests meanwhile.
        coordinator.Attach(estimator, _ => training ??= Task.Run(() => TrainAsync(train)));
        try
        {
            await job.Host(AgentAddress.Coordinator).RunProgramAsync();
        }
        catch (OperationCanceledException) when (training is not null && (job.IsShutDown || _hasFailed))
        {
            // The training sees the same request and ends in its own order, or its failure is why the program was stopped.
        }
        catch
        {
            job.Cancel();
            throw;
        }
        finally
        {
            if (training is not null) await ((Task)training).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return training is not null
            ? await training
            : throw new BadInputException(
                $"{coordinator.GetType().FullName} ended without training; call TrainAsync, or base.FeedAsync, where it overrides FeedAsync or RunAsync.");
    }

    // Agents that wait for a worker that has failed would wait until their requests time out.
    async Task<T> TrainAsync<T>(Func<Task<T>> train)
    {
        try
        {
            return await train();
        }
        catch
        {
            _hasFailed = true;
            job.Cancel();
            throw;
        }
    }
}
