using MetaSpore.Spark.Model.Native;
using TorchSharp;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Native;

public sealed class LibTorchTests
{
    [Fact]
    public void Initialize_FromManyThreads_LoadsOnce()
    {
        Parallel.For(0, 16, _ => LibTorch.Initialize());
        using var ones = torch.ones(2, 2);
        using var sum = ones.sum();
        Assert.Equal(4f, sum.item<float>());
    }

    [Fact]
    public void Initialize_ThreadCount_IsLibTorchs()
    {
        LibTorch.Initialize(2);
        Assert.Equal(2, torch.get_num_threads());
        LibTorch.Initialize(1);
        Assert.Equal(1, torch.get_num_threads());
        LibTorch.Initialize();
        Assert.Equal(1, torch.get_num_threads());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Initialize_ThreadCountBelowOne_Throws(int count)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => LibTorch.Initialize(count));
        Assert.Contains("at least one thread", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by it)", "-p:GlibcxxCure=always")]
    [InlineData("libc.so.6: version `GLIBC_2.34' not found (required by it)", "older than 2.34")]
    [InlineData("libtorch_cpu.so: cannot open shared object file: No such file or directory", "beside the program")]
    public void Explain_LoadersReason_QuotesItAloneAndSaysWhatToDo(string reason, string cure)
    {
        const string probe = "/app/LibTorchSharp.so: cannot open shared object file: No such file or directory";
        string message = LibTorch.Explain($"Unable to load shared library\n{probe}\n{reason}\n{probe}\n");
        Assert.Contains(cure, message, StringComparison.Ordinal);
        Assert.Contains(AppContext.BaseDirectory, message, StringComparison.Ordinal);
        Assert.EndsWith($"The loader said: {reason}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_OnlyMissingFiles_QuotesAll()
    {
        const string said = "Unable to load shared library\n/app/LibTorchSharp.so: No such file or directory";
        string message = LibTorch.Explain(said);
        Assert.Contains("must lie beside the program", message, StringComparison.Ordinal);
        Assert.EndsWith(said.ReplaceLineEndings(), message, StringComparison.Ordinal);
    }
}
