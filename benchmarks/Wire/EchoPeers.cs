using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using MetaSpore.Spark.Benchmarks.Harness;
using MetaSpore.Spark.ParameterServer.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace MetaSpore.Spark.Benchmarks.Wire;

/// <summary>The other process of the wire benchmarks: a shard, a socket echo, or a plain gRPC echo. Prints its port; ends with its input.</summary>
static class EchoPeers
{
    public const string JobId = "benchmark";

    public static readonly byte[] Secret = new byte[32];

    /// <summary>Starts this program as a peer, until this process ends.</summary>
    /// <returns>Its port.</returns>
    public static int Start(string kind)
    {
        ProcessStartInfo start = new(System.Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("peer");
        start.ArgumentList.Add(kind);
        Process process = Process.Start(start)!;
        // A peer ends with its input, which a collected process object would close.
        ProcessClock.Add(process);
        return int.Parse(process.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Runs as a peer.</summary>
    public static async Task RunAsync(string kind)
    {
        if (kind == "socket") await SocketAsync();
        else if (kind == "bytes") await BytesAsync();
        else await ShardAsync();
    }

    static async Task ShardAsync()
    {
        await using ShardHost host = await ShardHost.StartAsync(new ShardHostOptions { JobId = JobId, Secret = Secret }, null, CancellationToken.None);
        await UntilEndAsync(host.Endpoint.Port);
    }

    static async Task SocketAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync();
                socket.NoDelay = true;
                _ = Task.Run(() => EchoAsync(socket));
            }
        });
        await UntilEndAsync(((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    // The first 4 bytes of a connection are the length of its messages.
    static async Task EchoAsync(Socket socket)
    {
        byte[] length = new byte[4];
        await ReceiveAsync(socket, length);
        byte[] message = new byte[BitConverter.ToInt32(length)];
        while (await ReceiveAsync(socket, message)) await SendAsync(socket, message);
    }

    public static async Task<bool> ReceiveAsync(Socket socket, Memory<byte> into)
    {
        while (into.Length > 0)
        {
            int read = await socket.ReceiveAsync(into);
            if (read == 0) return false;
            into = into[read..];
        }

        return true;
    }

    public static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0) message = message[await socket.SendAsync(message)..];
    }

    static async Task BytesAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting().AddSingleton<BytesEcho>();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        await using WebApplication application = builder.Build();
        application.MapGrpcService<BytesEcho>();
        await application.StartAsync();
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        await UntilEndAsync(new Uri(address).Port);
    }

    static async Task UntilEndAsync(int port)
    {
        Console.WriteLine(port);
        Console.Out.Flush();
        await Console.In.ReadToEndAsync();
    }
}

/// <summary>A plain gRPC service: one unary call with a <c>bytes</c> field each way.</summary>
[BindServiceMethod(typeof(BytesEchoBase), nameof(Bind))]
abstract class BytesEchoBase
{
    static readonly Marshaller<BytesValue> s_marshaller = Marshallers.Create(
        (value, context) =>
        {
            context.SetPayloadLength(value.CalculateSize());
            value.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => BytesValue.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    public static Method<BytesValue, BytesValue> Method { get; } = new(MethodType.Unary, "benchmark.Bytes", nameof(Echo), s_marshaller, s_marshaller);

    public static void Bind(ServiceBinderBase binder, BytesEchoBase? service) =>
        binder.AddMethod(Method, service is null ? null : service.Echo);

    public abstract Task<BytesValue> Echo(BytesValue request, ServerCallContext context);
}

/// <summary>Sends back what it gets.</summary>
sealed class BytesEcho : BytesEchoBase
{
    public override Task<BytesValue> Echo(BytesValue request, ServerCallContext context) => Task.FromResult(request);
}
