using System.Reflection;
using System.Reflection.Emit;
using System.Security.Cryptography;
using System.Text.Json;
using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Modules;
using MetaSpore.Spark.Model.Networks;
using MetaSpore.Spark.Model.Specs;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Specs;

public abstract class Shape
{
    public abstract double Area { get; }
}

public sealed record SquareOptions(double Side, Kind Kind = Kind.Plain);

public enum Kind
{
    Plain,
    VeryRound,
}

public sealed class Square(SquareOptions options) : Shape
{
    public SquareOptions Options { get; } = options.Side > 0 ? options : throw new ArgumentException("the side is above 0", nameof(options));

    public override double Area => Options.Side * Options.Side;
}

public sealed class Unit : Shape
{
    public override double Area => 1;
}

public sealed class Optional(SquareOptions? options = null) : Shape
{
    public override double Area => options?.Side ?? -1;
}

public sealed class Crowded(int first, int second) : Shape
{
    public override double Area => first * second;
}

public sealed class Failing : Shape
{
    public Failing() => throw new InvalidOperationException("broken");

    public override double Area => 0;
}

public class SpecTests
{
    static Spec<Shape> RoundTrip(Spec<Shape> spec) =>
        JsonSerializer.Deserialize<Spec<Shape>>(JsonSerializer.Serialize(spec, SpecJson.Options), SpecJson.Options)!;

    [Fact]
    public void Create_RoundTrippedSpec_BuildsTheSame()
    {
        Spec<Shape> spec = RoundTrip(Spec<Shape>.Of<Square>(new SquareOptions(3, Kind.VeryRound)));
        Square square = Assert.IsType<Square>(spec.Create());
        Assert.Equal(new SquareOptions(3, Kind.VeryRound), square.Options);
        Assert.NotSame(square, spec.Create());
        Assert.Equal("""{"side":3,"kind":"veryRound"}""", spec.Options!.Value.GetRawText());
        Assert.True(spec.IsShippable);
    }

    [Fact]
    public void Create_NoOptions_UsesTheEmptyConstructorOrTheDefault()
    {
        Assert.Equal(1, RoundTrip(Spec<Shape>.Of<Unit>()).Create().Area);
        Assert.Equal(-1, RoundTrip(Spec<Shape>.Of<Optional>()).Create().Area);
        Assert.Equal(4, RoundTrip(Spec<Shape>.Of<Optional>(new SquareOptions(4))).Create().Area);
    }

    [Fact]
    public void Create_Network_KeepsTheSchema()
    {
        var schema = new CombineSchema([new CombineFeature(["a"]), new CombineFeature(["a", "b"])]);
        Spec<SparseModule> spec = ModuleSpec.Of<DeepFm>(new DeepFmOptions { Columns = schema, HiddenUnits = [7], Dropout = 0.25 });
        spec = JsonSerializer.Deserialize<Spec<SparseModule>>(JsonSerializer.Serialize(spec, SpecJson.Options), SpecJson.Options)!;
        DeepFmOptions options = spec.Options!.Value.Deserialize<DeepFmOptions>(SpecJson.Options)!;
        Assert.Equal(schema, options.Columns);
        Assert.Equal([7], options.HiddenUnits);
        using SparseModule module = spec.Create();
        Assert.IsType<DeepFm>(module);
    }

    [Theory]
    [InlineData("""{"side":"x"}""", "$.side")]
    [InlineData("""{"side":1,"colour":2}""", "colour")]
    [InlineData("""{"side":1,"colour":2}""", "properties side, kind")]
    [InlineData("""{"side":-1}""", "Square refuses its options: the side is above 0")]
    public void Create_BadOptions_NamesTypeAndCause(string json, string expected)
    {
        Spec<Shape> spec = Spec<Shape>.Of<Square>(new SquareOptions(1)) with { Options = JsonDocument.Parse(json).RootElement };
        Assert.Contains(expected, Assert.Throws<BadInputException>(spec.Create).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_WrongConstructor_NamesWhatWasFound()
    {
        BadInputException error = Assert.Throws<BadInputException>(() => Spec<Shape>.Of<Crowded>(new SquareOptions(1)));
        Assert.Contains("one options object; found (Int32 first, Int32 second)", error.Message, StringComparison.Ordinal);
        Assert.Contains("nothing (no options were given)", Assert.Throws<BadInputException>(() => Spec<Shape>.Of<Square>()).Message, StringComparison.Ordinal);
        Assert.Contains("not from System.String", Assert.Throws<BadInputException>(() => Spec<Shape>.Of<Square>("3")).Message, StringComparison.Ordinal);
        Assert.Contains("neither abstract", Assert.Throws<BadInputException>(() => Spec<Shape>.Of<Shape>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OtherType_SaysItIsNotDerived()
    {
        Spec<Shape> spec = Spec<Shape>.Of<Unit>() with { Type = typeof(SpecTests).FullName! };
        Assert.Contains($"not derived from {typeof(Shape).FullName}", Assert.Throws<BadInputException>(spec.Create).Message, StringComparison.Ordinal);
        spec = spec with { Type = "No.Such" };
        Assert.Contains("has no type 'No.Such'", Assert.Throws<BadInputException>(spec.Create).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_ConstructorFails_RethrowsItsException() =>
        Assert.Equal("broken", Assert.Throws<InvalidOperationException>(Spec<Shape>.Of<Failing>().Create).Message);

    [Fact]
    public void FromFile_ThisAssembly_CreatesAndHasAHash()
    {
        string path = typeof(SpecTests).Assembly.Location;
        Spec<Shape> spec = Spec<Shape>.FromFile(path, typeof(Square).FullName!, JsonDocument.Parse("""{"side":2}""").RootElement);
        Assert.Equal(4, RoundTrip(spec).Create().Area);
        Assert.Equal(64, spec.Sha256!.Length);
        Assert.Equal(spec.Sha256, Spec<Shape>.Of<Unit>().WithSha256().Sha256);
        spec = spec with { Sha256 = new string('0', 64) };
        Assert.Contains("another version", Assert.Throws<BadInputException>(spec.Create).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromFile_NoAssembly_SaysWhatIsExpected()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "text");
            Assert.Contains("no .NET assembly", Assert.Throws<BadInputException>(() => Spec<Shape>.FromFile(path, "X")).Message, StringComparison.Ordinal);
            var other = new Spec<Shape> { Assembly = "Elsewhere", Type = "X", Path = path, Sha256 = new string('0', 64) };
            Assert.Contains("Ship the same build", Assert.Throws<BadInputException>(other.Create).Message, StringComparison.Ordinal);
            Assert.Contains("can't be loaded", Assert.Throws<BadInputException>((other with { Sha256 = null }).Create).Message, StringComparison.Ordinal);
            Assert.Contains("no file", Assert.Throws<BadInputException>((other with { Path = path + ".gone" }).Create).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Contains("no assembly file", Assert.Throws<BadInputException>(() => Spec<Shape>.FromFile("gone.dll", "X")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/only/on/the/driver/ShippedShapes.dll")]
    [InlineData("""C:\only\on\the driver\ShippedShapes.dll""")]
    public void Create_FileIsBesideTheProgramOnly_IsFoundThereAndChecked(string path)
    {
        string shipped = Path.Combine(AppContext.BaseDirectory, "ShippedShapes.dll");
        if (!File.Exists(shipped)) SaveShape("ShippedShapes", shipped);
        var spec = new Spec<Shape> { Assembly = "ShippedShapes", Type = "Cell", Path = path, Sha256 = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(shipped))) };
        BadInputException other = Assert.Throws<BadInputException>((spec with { Sha256 = new string('0', 64) }).Create);
        Assert.Contains(shipped, other.Message, StringComparison.Ordinal);
        Assert.Equal(7, RoundTrip(spec).Create().Area);
        BadInputException absent = Assert.Throws<BadInputException>((spec with { Assembly = "Absent", Path = "/only/Absent.dll" }).Create);
        Assert.Equal(
            $"The assembly Absent is not loaded and there is no file /only/Absent.dll, nor {Path.Combine(AppContext.BaseDirectory, "Absent.dll")}; "
            + "give the path of its .dll, and ship it to other machines with 'metaspore package --app'.",
            absent.Message);
    }

    [Fact]
    public void IsShippable_InMemoryAssembly_WorksHereAndNamesTheCure()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("NotebookCell"), AssemblyBuilderAccess.Run);
        TypeBuilder builder = DefineCell(assembly.DefineDynamicModule("cell"));
        Type cell = builder.CreateType();
        var spec = (Spec<Shape>)typeof(Spec<Shape>).GetMethod(nameof(Spec<Shape>.Of))!.MakeGenericMethod(cell).Invoke(null, [null])!;
        Assert.Equal(7, RoundTrip(spec).Create().Area);
        Assert.False(spec.IsShippable);
        Assert.Contains("Move the type into a class library", spec.ShippingProblem, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => spec.WithSha256());
    }

    static void SaveShape(string name, string path)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        DefineCell(assembly.DefineDynamicModule(name)).CreateType();
        assembly.Save(path);
    }

    static TypeBuilder DefineCell(ModuleBuilder module)
    {
        TypeBuilder builder = module.DefineType("Cell", TypeAttributes.Public, typeof(Shape));
        builder.DefineDefaultConstructor(MethodAttributes.Public);
        MethodBuilder area = builder.DefineMethod("get_Area", MethodAttributes.Public | MethodAttributes.Virtual, typeof(double), []);
        ILGenerator code = area.GetILGenerator();
        code.Emit(OpCodes.Ldc_R8, 7.0);
        code.Emit(OpCodes.Ret);
        return builder;
    }
}
