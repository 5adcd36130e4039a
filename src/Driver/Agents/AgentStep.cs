using MetaSpore.Spark.Model.Losses;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Udfs.Workers;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>Lets an agent make the steps of its worker.</summary>
sealed class AgentStep : MinibatchTransformer
{
    readonly TorchAgent _agent;

    public AgentStep(TorchAgent agent, MinibatchTransformer inner)
    {
        _agent = agent;
        agent.Attach(inner);
    }

    /// <inheritdoc/>
    public override (Tensor Predictions, Tensor? Loss) Transform(SparseModel model, Minibatch minibatch, LossFunction loss)
    {
        AgentRegistry.Current = _agent;
        return _agent.TrainMinibatch(model, minibatch, loss);
    }
}
