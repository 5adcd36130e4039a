using MetaSpore.Spark.Model.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaSpore.Spark.Model.Networks;

/// <summary>Logistic regression: p = σ(b + Σ w of the row's values + Σ w·x of its dense columns). Output (B, 1).</summary>
/// <param name="options">The features.</param>
/// <exception cref="Errors.BadInputException">An option is outside its range.</exception>
public sealed class LogisticRegression(LogisticRegressionOptions options) : LinearNetwork(nameof(LogisticRegression), options)
{
    /// <inheritdoc/>
    public override Tensor forward(Minibatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        return Linear(batch).Logit.sigmoid().MoveToOuterDisposeScope();
    }
}
