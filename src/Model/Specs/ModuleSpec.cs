using MetaSpore.Spark.Model.Modules;

namespace MetaSpore.Spark.Model.Specs;

/// <summary>Names networks: <c>ModuleSpec.Of&lt;DeepFm&gt;(new DeepFmOptions { … })</c>.</summary>
public static class ModuleSpec
{
    /// <summary>Names a network and its options.</summary>
    /// <param name="options">What the constructor takes; JSON-serialisable. Null when it takes nothing.</param>
    /// <exception cref="Errors.BadInputException">The type can't be created from a spec.</exception>
    public static Spec<SparseModule> Of<T>(object? options = null) where T : SparseModule => Spec<SparseModule>.Of<T>(options);
}
