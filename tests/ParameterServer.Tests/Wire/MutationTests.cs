using System.Buffers.Binary;
using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Numerics;
using MetaSpore.Spark.Model.Parameters;
using MetaSpore.Spark.ParameterServer.Wire;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.Wire;

/// <summary>
/// Damaged messages through both decoders. METASPORE_MUTATIONS sets the number for each encoding and side (default 2,500,
/// 20,000 in all), METASPORE_SEED the seed.
/// </summary>
public sealed class MutationTests
{
    const long AllocatedPerMessage = 1 << 20;
    const ulong Guard = 0xA5A5A5A5A5A5A5A5;

    [Theory]
    [MemberData(nameof(CodecTests.Encodings), MemberType = typeof(CodecTests))]
    public void Decode_MutatedRequests_GiveOnlyBadInput(WireEncoding encoding)
    {
        using WireSample sample = new(encoding);
        byte[][] recorded = [sample.Request(sample.Exchange()), sample.Request(sample.Exchange())];
        sample.Answer(recorded[0]);
        int refused = Run(recorded, (int)encoding, bytes =>
        {
            using WireMessage message = WireSample.Received(bytes);
            StepExchange exchange = sample.Shard.Decode(message);
            long pulled = exchange.SparsePulls.Sum(p => p.Rows.ByteLength) + exchange.DensePulls.Sum(p => p.Values.ByteLength);
            Assert.InRange(pulled, 0, WireSample.Limit);
            Assert.InRange(exchange.SparsePushes.Sum(p => p.Keys.ByteLength + p.Gradients.ByteLength), 0, 10L * bytes.Length);
        });
        Assert.InRange(refused, 1, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(CodecTests.Encodings), MemberType = typeof(CodecTests))]
    public void Decode_MutatedAnswers_GiveOnlyBadInput(WireEncoding encoding)
    {
        using WireSample sample = new(encoding);
        StepExchange exchange = sample.Exchange();
        NativeBlock guarded = sample.Blocks.Zeros<byte>(128);
        guarded.AsSpan<ulong>().Fill(Guard);
        exchange.SparsePulls[0] = exchange.SparsePulls[0] with { Rows = guarded.Slice(40, 36) };
        byte[] request = sample.Request(exchange);
        byte[][] recorded = [sample.Answer(request), sample.Answer(request)];
        using (WireMessage message = WireSample.Received(recorded[0])) sample.Worker.Decode(message, exchange);
        int refused = Run(recorded, 100 + (int)encoding, bytes =>
        {
            using WireMessage message = WireSample.Received(bytes);
            sample.Worker.Decode(message, exchange);
            Assert.Equal(-1, guarded.Slice(0, 40).AsSpan<ulong>().IndexOfAnyExcept(Guard));
            Assert.Equal(-1, guarded.Slice(80, 48).AsSpan<ulong>().IndexOfAnyExcept(Guard));
        });
        Assert.InRange(refused, 1, int.MaxValue);
    }

    static int Run(byte[][] recorded, int stream, Action<byte[]> decode)
    {
        int count = Setting("METASPORE_MUTATIONS", 2500), seed = Setting("METASPORE_SEED", 0), refused = 0;
        for (int i = 0; i < count; i++)
        {
            Random random = new(HashCode.Combine(seed, stream, i) & int.MaxValue);
            byte[] bytes = Mutate([.. recorded[random.Next(recorded.Length)]], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(bytes);
            }
            catch (BadInputException error)
            {
                refused++;
                Assert.NotEmpty(error.Message);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"mutation {i} of seed {seed}: {error.Message}\n{Convert.ToHexString(bytes)}", error);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedPerMessage);
        }

        return refused;
    }

    static byte[] Mutate(byte[] bytes, Random random)
    {
        for (int rounds = random.Next(1, 4); rounds > 0 && bytes.Length > 8; rounds--)
        {
            int at = random.Next(bytes.Length - 8);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 3:
                    bytes = [.. bytes, .. new byte[random.Next(1, 200)]];
                    break;
                case 4:
                    int[] extreme = [int.MaxValue, int.MinValue, -1, 0, 1, 1 << 30, bytes.Length];
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at & ~3), extreme[random.Next(extreme.Length)]);
                    break;
                case 5:
                    long[] far = [long.MaxValue, long.MinValue, -8, 0, 8, 1L << 40];
                    BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at & ~7), far[random.Next(far.Length)]);
                    break;
                default:
                    int from = random.Next(bytes.Length - 8);
                    bytes.AsSpan(from, Math.Min(64, bytes.Length - Math.Max(from, at))).ToArray().CopyTo(bytes.AsSpan(at));
                    break;
            }
        }

        return bytes;
    }

    static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
