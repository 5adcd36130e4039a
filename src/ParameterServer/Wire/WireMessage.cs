using System.Buffers;
using System.Collections.Concurrent;
using Grpc.Core;
using MetaSpore.Spark.Model.Numerics;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>
/// One message of an exchange stream. Outgoing, it writes its content into gRPC's buffer; incoming, it is the received bytes
/// in aligned native memory that goes back to a pool when it is disposed. Not thread-safe.
/// </summary>
sealed class WireMessage : IDisposable
{
    const int PooledMessages = 64;

    static readonly ConcurrentBag<WireMessage> s_pool = [];

    readonly NativeBuffer _memory = new();

    /// <summary>Makes messages of bytes and back.</summary>
    public static Marshaller<WireMessage> Marshaller { get; } = new(Serialize, Deserialize);

    /// <summary>What an outgoing message writes; null for an incoming one.</summary>
    public IWireContent? Content { get; init; }

    /// <summary>The bytes of an incoming message.</summary>
    public NativeBlock Bytes { get; private set; }

    /// <summary>An incoming message with a copy of <paramref name="bytes"/>.</summary>
    public static WireMessage Of(in ReadOnlySequence<byte> bytes)
    {
        if (!s_pool.TryTake(out WireMessage? message)) message = new WireMessage();
        message.Bytes = message._memory.Reserve<byte>(bytes.Length);
        bytes.CopyTo(message.Bytes.AsSpan<byte>());
        return message;
    }

    /// <summary>Gives the memory of an incoming message back.</summary>
    public void Dispose()
    {
        Bytes = default;
        if (Content is null && s_pool.Count < PooledMessages) s_pool.Add(this);
        else _memory.Dispose();
    }

    static void Serialize(WireMessage message, SerializationContext context)
    {
        IWireContent content = message.Content ?? throw new InvalidOperationException("a received message can't be sent");
        context.SetPayloadLength(checked((int)content.ByteLength));
        content.Write(context.GetBufferWriter());
        context.Complete();
    }

    static WireMessage Deserialize(DeserializationContext context) => Of(context.PayloadAsReadOnlySequence());
}

/// <summary>The content of an outgoing message.</summary>
interface IWireContent
{
    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    long ByteLength { get; }

    /// <summary>Writes the content.</summary>
    void Write(IBufferWriter<byte> writer);
}
