using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Steps;

/// <summary>The rule of generations: a shard belongs to one attempt of one run, and each new attempt makes new shards.</summary>
static class Attempt
{
    /// <summary>Checks a caller against the shard's own run and attempt.</summary>
    /// <exception cref="FencedException">The caller is of another run, or of an attempt that has been replaced.</exception>
    /// <exception cref="InvalidOperationException">The shard is of an attempt that has been replaced.</exception>
    public static void Check(StoreLayout shard, Guid run, int generation)
    {
        if (run != shard.RunId) throw new FencedException($"the shard serves run {shard.RunId}, the request is of run {run}");
        if (generation < shard.Generation)
            throw new FencedException($"the request is of attempt {generation} of the run, attempt {shard.Generation} has taken over");
        if (generation > shard.Generation)
        {
            throw new InvalidOperationException(
                $"the shard is left over from attempt {shard.Generation} of the run, the request is of attempt {generation}; its process should have ended");
        }
    }
}
