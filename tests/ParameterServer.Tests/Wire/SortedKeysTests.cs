using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

public sealed class SortedKeysTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(511, 0)]
    [InlineData(512, 0)]
    [InlineData(512, 48)]
    [InlineData(5000, 0)]
    [InlineData(5000, 24)]
    [InlineData(5000, 47)]
    public void Encode_AnyOrder_IsAscendingWithItsRows(int count, int zeroBits)
    {
        ulong[] keys = Keys(count, zeroBits);
        using NativeBuffer keyMemory = new(), rowMemory = new(), backMemory = new();
        NativeBlock keyBlock = Fill(keyMemory, keys), rows = Fill(rowMemory, keys), back = backMemory.Reserve<ulong>(count);
        using SortedKeys sorted = new();

        NativeBlock encoded = sorted.Encode(keyBlock);

        ulong[] expected = [.. keys.Order()], decoded = new ulong[count];
        DeltaKeys.Decode(encoded.AsSpan<byte>(), decoded);
        Assert.Equal(expected, decoded);
        NativeBlock gathered = sorted.Gather(rows);
        Assert.Equal(expected, gathered.AsSpan<ulong>().ToArray());
        sorted.Scatter(gathered, back);
        Assert.Equal(keys, back.AsSpan<ulong>().ToArray());
        Assert.Equal(keys, keyBlock.AsSpan<ulong>().ToArray());
    }

    [Fact]
    public void Share_KeysOfAnother_TakesItsOrder()
    {
        ulong[] keys = Keys(1000, 0);
        using NativeBuffer keyMemory = new(), rowMemory = new();
        NativeBlock keyBlock = Fill(keyMemory, keys), rows = Fill(rowMemory, keys);
        using SortedKeys first = new(), second = new();
        second.Encode(keyBlock.Slice(0, 80));

        first.Encode(keyBlock);
        second.Share(first);

        Assert.Equal(keys.Order(), second.Gather(rows).AsSpan<ulong>().ToArray());
        Assert.NotEqual(first.Gather(rows).Address, second.Gather(rows).Address);
        NativeBlock part = second.Encode(keyBlock.Slice(0, 80));
        Assert.Equal(10, DeltaKeys.Count(part.AsSpan<byte>()));
        Assert.Equal(keys.Take(10).Order(), second.Gather(rows.Slice(0, 80)).AsSpan<ulong>().ToArray());
    }

    static ulong[] Keys(int count, int zeroBits)
    {
        Random random = new(count + zeroBits);
        HashSet<ulong> keys = [];
        while (keys.Count < count) keys.Add((ulong)random.NextInt64(long.MinValue, long.MaxValue) >> zeroBits);
        return [.. keys];
    }

    static NativeBlock Fill(NativeBuffer memory, ulong[] values)
    {
        NativeBlock block = memory.Reserve<ulong>(values.Length);
        values.CopyTo(block.AsSpan<ulong>());
        return block;
    }
}
