using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

public sealed class DeltaKeysTests
{
    public static TheoryData<ulong[], int> Known => new()
    {
        { [], 0 },
        { [0], 2 },
        { [255], 2 },
        { [256], 3 },
        { [ulong.MaxValue], 9 },
        { [0, 1, 2, 3], 5 },
        { [0, 1, 65537], 10 },
        { [1, ulong.MaxValue], 17 },
        { [0xFFFFFFFFFFFFFF00, 0xFFFFFFFFFFFFFFFF], 17 },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Encode_KnownKeys_TakesTheLeastWidth(ulong[] keys, int length)
    {
        Assert.Equal(length, DeltaKeys.ByteLength(keys));
        Assert.Equal(keys, RoundTrip(keys));
    }

    [Fact]
    public void RoundTrip_RandomKeys_IsTheSame()
    {
        Random random = new(3);
        for (int round = 0; round < 500; round++)
        {
            int bits = random.Next(1, 65);
            ulong[] keys = [.. Enumerable.Range(0, random.Next(300)).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits)).Distinct().Order()];
            Assert.Equal(keys, RoundTrip(keys));
        }
    }

    [Theory]
    [InlineData(new byte[] { 1 }, "delta keys of 1 bytes begin with a width of 1; expected 1 to 8, dividing the rest")]
    [InlineData(new byte[] { 0, 1, 2 }, "begin with a width of 0")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "begin with a width of 9")]
    [InlineData(new byte[] { 2, 1, 2, 3 }, "delta keys of 4 bytes begin with a width of 2")]
    [InlineData(new byte[] { 1, 5, 0, 1 }, "key 1 of 3 is not above the one before; expected ascending, unique keys")]
    [InlineData(new byte[] { 8, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0 }, "key 1 of 2 is not above the one before")]
    public void Decode_BadInput_IsRefused(byte[] encoded, string expected)
    {
        BadInputException error = Assert.Throws<BadInputException>(() =>
        {
            ulong[] keys = new ulong[DeltaKeys.Count(encoded)];
            DeltaKeys.Decode(encoded, keys);
        });

        Assert.Contains(expected, error.Message);
    }

    static ulong[] RoundTrip(ulong[] keys)
    {
        byte[] encoded = new byte[DeltaKeys.ByteLength(keys)];
        DeltaKeys.Encode(keys, encoded);
        ulong[] result = new ulong[DeltaKeys.Count(encoded)];
        DeltaKeys.Decode(encoded, result);
        return result;
    }
}
