namespace MetaSpore.Spark.Driver;

static class Program
{
    static int Main()
    {
        using var x = TorchSharp.torch.ones(2, 2);
        Console.WriteLine(x.sum().item<float>());
        return 0;
    }
}
