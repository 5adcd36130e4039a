using System.Buffers.Binary;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.Model.Parameters;

namespace MetaSpore.Spark.ParameterServer.Wire;

/// <summary>The fixed bytes before the Arrow part of an exchange's messages, little-endian; see docs/wire-protocol.md.</summary>
static class WireHeader
{
    /// <summary>Bytes of an answer's header.</summary>
    public const int AnswerLength = 24;

    const uint RequestMagic = 0x3158534D; // "MSX1"
    const uint AnswerMagic = 0x3152534D; // "MSR1"
    const int FixedLength = 64;
    const int HasSchemaFlag = 1;
    const int EndFlag = 2;
    const byte ReadOnlyFlag = 1;
    const byte NanFillFlag = 2;

    /// <summary>Bytes of a request's header: 64, then one byte a table and one a dense tensor, padded to 8.</summary>
    public static int RequestLength(StoreLayout layout) => FixedLength + ((layout.Tables.Count + layout.DenseTensors.Count + 7) & ~7);

    /// <summary>Writes a request's header.</summary>
    public static void WriteRequest(Span<byte> header, StepExchange exchange, StoreLayout layout, bool hasSchema)
    {
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, RequestMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], (ushort)header.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)((hasSchema ? HasSchemaFlag : 0) | (exchange.EndOfPartition ? EndFlag : 0)));
        exchange.Step.RunId.TryWriteBytes(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], exchange.Step.Generation);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], exchange.Step.Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(header[32..], exchange.Step.Partition);
        BinaryPrimitives.WriteInt32LittleEndian(header[36..], exchange.RowCount);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], exchange.Step.Step);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], exchange.Fingerprint);
        BinaryPrimitives.WriteInt64LittleEndian(header[56..], exchange.SnapshotId);
        foreach (SparsePull pull in exchange.SparsePulls)
            header[FixedLength + pull.Table] = (byte)((pull.ReadOnly ? ReadOnlyFlag : 0) | (pull.NanFill ? NanFillFlag : 0));
        foreach (DensePull pull in exchange.DensePulls) header[FixedLength + layout.Tables.Count + pull.Tensor] = 1;
    }

    /// <summary>Reads a request's header into <paramref name="exchange"/>.</summary>
    /// <returns>Bytes of the header, and whether the schema message follows.</returns>
    /// <exception cref="BadInputException">The message is no request, or of other tables.</exception>
    public static (int Length, bool HasSchema) ReadRequest(ReadOnlySpan<byte> message, StoreLayout layout, StepExchange exchange)
    {
        int length = Check(message, RequestMagic, RequestLength(layout), "request");
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(message[6..]);
        if ((flags & ~(HasSchemaFlag | EndFlag)) != 0) throw new BadInputException($"the request has unknown flags {flags:x4}");
        exchange.EndOfPartition = (flags & EndFlag) != 0;
        exchange.Step = new StepKey(
            new Guid(message.Slice(8, 16)),
            BinaryPrimitives.ReadInt32LittleEndian(message[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(message[28..]),
            BinaryPrimitives.ReadInt32LittleEndian(message[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(message[40..]));
        exchange.RowCount = BinaryPrimitives.ReadInt32LittleEndian(message[36..]);
        exchange.Fingerprint = BinaryPrimitives.ReadUInt64LittleEndian(message[48..]);
        exchange.SnapshotId = BinaryPrimitives.ReadInt64LittleEndian(message[56..]);
        if (exchange.SnapshotId < 0 || exchange.Step.Step < -1 || exchange.RowCount < 0)
            throw new BadInputException($"the request names snapshot {exchange.SnapshotId}, step {exchange.Step.Step}, {exchange.RowCount} rows");
        return (length, (flags & HasSchemaFlag) != 0);
    }

    /// <summary>Flags of a table's pull in a request's header.</summary>
    public static (bool ReadOnly, bool NanFill) PullFlags(ReadOnlySpan<byte> message, int table)
    {
        byte flags = message[FixedLength + table];
        return ((flags & ReadOnlyFlag) != 0, (flags & NanFillFlag) != 0);
    }

    /// <summary>Whether a request's header asks for a dense tensor.</summary>
    public static bool IsPulled(ReadOnlySpan<byte> message, StoreLayout layout, int tensor) =>
        message[FixedLength + layout.Tables.Count + tensor] != 0;

    /// <summary>Writes an answer's header.</summary>
    /// <param name="header"><see cref="AnswerLength"/> bytes.</param>
    /// <param name="step">The step that the answer is for.</param>
    /// <param name="stopStep">The step before which all workers mark and stop; −1: none.</param>
    /// <param name="hasSchema">Whether the schema message follows.</param>
    public static void WriteAnswer(Span<byte> header, long step, long stopStep, bool hasSchema)
    {
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, AnswerMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], AnswerLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)(hasSchema ? HasSchemaFlag : 0));
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], step);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], stopStep);
    }

    /// <summary>Reads an answer's header.</summary>
    /// <exception cref="BadInputException">The message is no answer.</exception>
    public static (long Step, long StopStep, bool HasSchema) ReadAnswer(ReadOnlySpan<byte> message)
    {
        Check(message, AnswerMagic, AnswerLength, "answer");
        return (
            BinaryPrimitives.ReadInt64LittleEndian(message[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(message[16..]),
            (BinaryPrimitives.ReadUInt16LittleEndian(message[6..]) & HasSchemaFlag) != 0);
    }

    static int Check(ReadOnlySpan<byte> message, uint magic, int length, string what)
    {
        if (message.Length < length) throw new BadInputException($"the {what} has {message.Length} bytes; its header takes {length}");
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(message);
        if (found != magic) throw new BadInputException($"the message begins with {found:x8}; a {what} begins with {magic:x8}");
        int named = BinaryPrimitives.ReadUInt16LittleEndian(message[4..]);
        return named == length
            ? length
            : throw new BadInputException($"the {what}'s header names {named} bytes; for this layout it takes {length}");
    }
}
