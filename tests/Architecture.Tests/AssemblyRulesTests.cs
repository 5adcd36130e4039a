using Mono.Cecil;
using Mono.Cecil.Cil;
using Xunit;

namespace MetaSpore.Spark.Architecture.Tests;

/// <summary>The one direction of reference, and the types that a shard process needs without libtorch, read from the IL.</summary>
public sealed class AssemblyRulesTests
{
    static readonly string[] s_torchFreeFolders =
        ["Columns", "Hashing", "Updaters", "Initializers", "Numerics", "Metrics", "Parameters", "Errors"];

    [Theory]
    [InlineData("MetaSpore.Spark.Model", "")]
    [InlineData("MetaSpore.Spark.ParameterServer", "MetaSpore.Spark.Model")]
    [InlineData("MetaSpore.Spark.Udfs", "MetaSpore.Spark.ParameterServer MetaSpore.Spark.Model")]
    [InlineData("MetaSpore.Spark.SparkConnect", "")]
    [InlineData("metaspore", "MetaSpore.Spark.SparkConnect MetaSpore.Spark.Udfs MetaSpore.Spark.ParameterServer MetaSpore.Spark.Model")]
    public void Assembly_Always_ReferencesOnlyWhatIsBelow(string assembly, string allowed)
    {
        using ModuleDefinition module = Open(assembly);
        string[] ours = [.. module.AssemblyReferences.Select(reference => reference.Name)
            .Where(name => name.StartsWith("MetaSpore.Spark", StringComparison.Ordinal) || name == "metaspore")];
        Assert.Empty(ours.Except(allowed.Split(' ')));
    }

    [Fact]
    public void ParameterServer_Always_NamesNoTorchType()
    {
        using ModuleDefinition module = Open("MetaSpore.Spark.ParameterServer");
        Assert.Empty(module.GetTypes().SelectMany(TorchUses));
    }

    [Fact]
    public void TorchFreeFolders_Always_NameNoTorchType()
    {
        using ModuleDefinition module = Open("MetaSpore.Spark.Model");
        TypeDefinition[] types = [.. module.GetTypes().Where(type => s_torchFreeFolders.Any(
            folder => OuterNamespace(type) == $"MetaSpore.Spark.Model.{folder}"))];
        Assert.True(types.Length > 20, $"only {types.Length} types found: the folders have moved");
        Assert.Empty(types.SelectMany(TorchUses));
    }

    static string OuterNamespace(TypeDefinition type) =>
        type.DeclaringType is null ? type.Namespace : OuterNamespace(type.DeclaringType);

    static IEnumerable<string> TorchUses(TypeDefinition type)
    {
        IEnumerable<TypeReference?> signatures = type.Fields.Select(field => (TypeReference?)field.FieldType)
            .Append(type.BaseType)
            .Concat(type.Interfaces.Select(implemented => (TypeReference?)implemented.InterfaceType))
            .Concat(type.Methods.SelectMany(method => method.Parameters.Select(parameter => (TypeReference?)parameter.ParameterType)
                .Append(method.ReturnType)));
        foreach (TypeReference? used in signatures)
            if (IsTorch(used)) yield return $"{type.FullName}: {used}";
        foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody))
        {
            foreach (VariableDefinition local in method.Body.Variables)
                if (IsTorch(local.VariableType)) yield return $"{method.FullName}: local {local.VariableType}";
            foreach (Instruction instruction in method.Body.Instructions)
            {
                TypeReference? used = instruction.Operand switch
                {
                    TypeReference reference => reference,
                    MemberReference member => member.DeclaringType,
                    _ => null,
                };
                if (IsTorch(used)) yield return $"{method.FullName}: {instruction}";
            }
        }
    }

    static bool IsTorch(TypeReference? type) => type switch
    {
        null => false,
        GenericInstanceType generic => IsTorch(generic.ElementType) || generic.GenericArguments.Any(IsTorch),
        TypeSpecification specification => IsTorch(specification.ElementType),
        _ => type.Scope?.Name is "TorchSharp" or "TorchSharp.dll"
            || type.FullName.StartsWith("TorchSharp.", StringComparison.Ordinal)
            || (type.DeclaringType is not null && IsTorch(type.DeclaringType)),
    };

    static ModuleDefinition Open(string assembly) =>
        ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
}
