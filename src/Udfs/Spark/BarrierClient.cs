using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The collectives of a barrier task: each is a connection of its own to the socket that Spark opened for the task.</summary>
/// <param name="address">Spark's socket for this task.</param>
/// <param name="loopback">This machine, in the family that Spark listens on.</param>
/// <param name="taskCount">Tasks of the stage; 0 when it is not known.</param>
/// <param name="timeout">Longest wait of one call.</param>
/// <param name="time">Clock of the wait.</param>
/// <param name="task">Cancelled with the task.</param>
sealed class BarrierClient(
    BarrierAddress address, IPAddress loopback, int taskCount, TimeSpan timeout, TimeProvider time, CancellationToken task) : IBarrier
{
    const int MaxAnswer = 256 << 20;
    const int BarrierCall = 1;
    const int AllGatherCall = 2;
    const int MaxShown = 1000;

    public void Barrier(CancellationToken cancellationToken = default) => Call(BarrierCall, null, 1, cancellationToken);

    public string[] AllGather(string message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Call(AllGatherCall, message, taskCount, cancellationToken);
    }

    /// <summary>Reads the texts of an answer: their number and each with its length, and nothing else.</summary>
    /// <param name="answer">All bytes up to the end of the connection.</param>
    /// <param name="expected">The number of texts; 0 accepts any.</param>
    internal static string[]? TryParse(ReadOnlySpan<byte> answer, int expected)
    {
        if (answer.Length < 4) return null;
        int count = BinaryPrimitives.ReadInt32BigEndian(answer);
        if (count <= 0 || (expected > 0 && count != expected) || count > answer.Length / 4) return null;
        string[] texts = new string[count];
        ReadOnlySpan<byte> rest = answer[4..];
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < 4) return null;
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            if (length < 0 || length > rest.Length - 4) return null;
            texts[i] = Encoding.UTF8.GetString(rest.Slice(4, length));
            rest = rest[(4 + length)..];
        }

        return rest.IsEmpty ? texts : null;
    }

    string[] Call(int call, string? message, int expected, CancellationToken cancellationToken)
    {
        string name = call == BarrierCall ? "barrier()" : "allGather()";
        using var deadline = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(task, cancellationToken, deadline.Token);
        try
        {
            // The task's thread has nothing else to do; only asynchronous calls can be ended by a token.
            byte[] answer = ExchangeAsync(call, message, stop.Token).GetAwaiter().GetResult();
            return TryParse(answer, expected) ?? throw Refusal(name, answer);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !task.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(
                CultureInfo.InvariantCulture, $"not all tasks of the barrier stage came to {name} within {timeout}: look for the task that hangs, or allow more time"), e);
        }
        catch (Exception e) when (e is IOException and not BarrierFailedException or SocketException && !stop.IsCancellationRequested)
        {
            throw new BarrierFailedException($"{name} of the barrier stage failed, because the connection to Spark broke: {e.Message}; another task of the stage probably failed first", e);
        }
    }

    async Task<byte[]> ExchangeAsync(int call, string? message, CancellationToken stop)
    {
        EndPoint target = address.Path is { } path ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(loopback, address.Port);
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, address.Path is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await socket.ConnectAsync(target, stop);
        using var stream = new NetworkStream(socket, ownsSocket: false);
        if (address.Path is null)
        {
            await stream.WriteAsync(Text(address.Secret ?? ""), stop);
            byte[] reply = new byte[6];
            int read = await stream.ReadAtLeastAsync(reply, reply.Length, throwOnEndOfStream: false, stop);
            if (!reply.AsSpan(0, read).SequenceEqual("\0\0\0\u0002ok"u8))
                throw new BarrierFailedException("Spark did not accept the secret of the barrier's connection: the stage has probably ended");
        }

        byte[] request = [0, 0, 0, (byte)call, .. message is null ? [] : Text(message)];
        await stream.WriteAsync(request, stop);
        using var answer = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer, stop)) > 0;)
        {
            if (answer.Length + read > MaxAnswer) throw new BarrierFailedException($"Spark's answer is longer than {MaxAnswer} bytes: gather shorter messages");
            answer.Write(buffer, 0, read);
        }

        return answer.ToArray();
    }

    static byte[] Text(string text)
    {
        byte[] bytes = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length - 4);
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(4));
        return bytes;
    }

    // A failure comes as one text without a count, or as nothing at all.
    static BarrierFailedException Refusal(string name, byte[] answer)
    {
        if (answer.Length == 0)
            return new BarrierFailedException($"{name} was ended by Spark without an answer: another task of the barrier stage failed or the stage was cancelled; look for the first failure");
        bool isText = answer.Length >= 4 && BinaryPrimitives.ReadInt32BigEndian(answer) == answer.Length - 4;
        string text = isText
            ? Encoding.UTF8.GetString(answer, 4, Math.Min(answer.Length - 4, MaxShown))
            : string.Create(CultureInfo.InvariantCulture, $"an answer of {answer.Length} bytes that is not that of all tasks");
        return new BarrierFailedException($"{name} of the barrier stage failed in Spark: {text}; all tasks must make the same calls in the same order");
    }
}
