using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Specs;

namespace MetaSpore.Spark.Driver.Agents;

/// <summary>
/// A request between agents of different processes, or the answer: the length of a JSON text (little-endian, 4 bytes), the text,
/// and the payload. Immutable.
/// </summary>
sealed record AgentPacket
{
    const int PrefixBytes = sizeof(int);

    /// <summary>Names the request; its answer has the same.</summary>
    public required string Id { get; init; }

    /// <summary>Whether this is the answer.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>Who sent it.</summary>
    public required AgentAddress Sender { get; init; }

    /// <summary>See <see cref="AgentMessage"/>.</summary>
    public required string Command { get; init; }

    /// <summary>See <see cref="AgentMessage"/>.</summary>
    public string Body { get; init; } = "";

    /// <summary>Seconds that the sender of a request waits; null: without end.</summary>
    public double? Timeout { get; init; }

    /// <summary>Of an answer: why there is none.</summary>
    public AgentFailure? Failure { get; init; }

    /// <summary>See <see cref="AgentMessage"/>.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>What the agents see of it.</summary>
    [JsonIgnore]
    public AgentMessage Message => new(Command, Body, Payload);

    /// <summary>The answer to this request.</summary>
    public AgentPacket Answer(AgentAddress sender, AgentMessage answer) =>
        new() { Id = Id, IsAnswer = true, Sender = sender, Command = answer.Command, Body = answer.Body, Payload = answer.Payload };

    /// <summary>The answer to this request when there is none.</summary>
    public AgentPacket Fail(AgentAddress sender, Exception error) =>
        new() { Id = Id, IsAnswer = true, Sender = sender, Command = Command, Failure = AgentFailure.Of(sender, Command, error) };

    /// <summary>The serialised form.</summary>
    public byte[] ToBytes()
    {
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(this, SpecJson.Options);
        byte[] bytes = new byte[PrefixBytes + text.Length + Payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, PrefixBytes);
        Payload.CopyTo(bytes.AsMemory(PrefixBytes + text.Length));
        return bytes;
    }

    /// <summary>Reads the serialised form; the payload stays a part of <paramref name="bytes"/>.</summary>
    /// <exception cref="BadInputException">The bytes are something else.</exception>
    public static AgentPacket FromBytes(ReadOnlyMemory<byte> bytes)
    {
        int length = bytes.Length < PrefixBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (length < 0 || length > bytes.Length - PrefixBytes)
            throw new BadInputException($"An agent's message of {bytes.Length} bytes is damaged; driver and executors need the same build.");
        try
        {
            AgentPacket packet = JsonSerializer.Deserialize<AgentPacket>(bytes.Span.Slice(PrefixBytes, length), SpecJson.Options)
                ?? throw new BadInputException("An agent's message is empty.");
            return packet with { Payload = bytes[(PrefixBytes + length)..] };
        }
        catch (JsonException error)
        {
            throw new BadInputException($"An agent's message can't be read: {error.Message} Driver and executors need the same build.", error);
        }
    }
}
