using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Testing.Stores;

/// <summary>A web server on a free port of this machine, within the process of the tests.</summary>
public abstract class StoreServer
{
    readonly WebApplication _application;

    private protected StoreServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Listen(System.Net.IPAddress.Loopback, 0);
        });
        _application = builder.Build();
        _application.Run(HandleAsync);
        _application.StartAsync().GetAwaiter().GetResult();
        Address = _application.Urls.Single();
    }

    /// <summary>Its address.</summary>
    public string Address { get; }

    /// <summary>The faults that it makes.</summary>
    public StoreFaults Faults { get; } = new();

    private protected abstract Task HandleAsync(HttpContext context);

    private protected static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    /// <summary>Sends content, all or what the fault leaves of it.</summary>
    private protected static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> content, StoreFault? fault)
    {
        context.Response.ContentLength = content.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        if (fault == StoreFault.Changed && content.Length > 0)
        {
            byte[] changed = content.ToArray();
            changed[changed.Length / 2] ^= 1;
            content = changed;
        }

        if (fault == StoreFault.Truncated)
        {
            await context.Response.Body.WriteAsync(content[..(content.Length / 2)], context.RequestAborted);
            // With less content than was announced the server closes the connection, after what was written has gone out.
            await context.Response.Body.FlushAsync(context.RequestAborted);
            return;
        }

        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private protected static Task SilenceAsync(HttpContext context) =>
        Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
}
