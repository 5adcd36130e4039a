namespace MetaSpore.Spark.Udfs.Workers;

/// <summary>Called on every worker when it starts and stops. Built on every worker from its spec.</summary>
public abstract class WorkerHooks
{
    /// <summary>Before the worker's first epoch, on its thread.</summary>
    public virtual void OnStart(WorkerSession worker)
    {
    }

    /// <summary>After the worker's last epoch, also when it failed.</summary>
    public virtual void OnStop(WorkerSession worker)
    {
    }
}
