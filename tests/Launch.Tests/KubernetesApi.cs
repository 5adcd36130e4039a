using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>
/// Stands for the API server of a Kubernetes: keeps what is created, gives it back, and says of every pod that it has succeeded.
/// </summary>
sealed class KubernetesApi : IAsyncDisposable
{
    readonly WebApplication _server;
    readonly ConcurrentDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<string> _requests = new();

    KubernetesApi(WebApplication server) => _server = server;

    /// <summary>For <c>--master</c>.</summary>
    public string Master => "k8s://" + _server.Urls.Single();

    /// <summary>Method and address of every request, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Every object as it was created last.</summary>
    public IReadOnlyList<JsonObject> Objects => [.. _objects.Values];

    /// <summary>Starts it on a free port.</summary>
    public static async Task<KubernetesApi> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        var api = new KubernetesApi(server);
        server.UseWebSockets();
        server.Run(api.AnswerAsync);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    /// <summary>The one object of a kind.</summary>
    public JsonObject Single(string kind) => Assert.Single(Objects, made => (string?)made["kind"] == kind);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string path = request.Path.Value!;
        _requests.Enqueue($"{request.Method} {path}{request.QueryString}");
        if (context.WebSockets.IsWebSocketRequest)
        {
            // A watch without news: the client asks for the pod's state itself.
            using System.Net.WebSockets.WebSocket watch = await context.WebSockets.AcceptWebSocketAsync();
            await watch.ReceiveAsync(new byte[1], context.RequestAborted);
            return;
        }

        switch (request.Method)
        {
            case "POST" or "PUT" or "PATCH":
                JsonObject sent = (await JsonNode.ParseAsync(request.Body, cancellationToken: context.RequestAborted))!.AsObject();
                string name = (string)sent["metadata"]!["name"]!;
                JsonObject stored = Complete(sent);
                _objects[request.Method == "POST" ? $"{path}/{name}" : path] = stored;
                await WriteAsync(context, StatusCodes.Status201Created, stored);
                break;
            case "GET" when _objects.TryGetValue(path, out JsonObject? found):
                await WriteAsync(context, StatusCodes.Status200OK, found);
                break;
            default:
                await WriteAsync(context, StatusCodes.Status404NotFound, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "NotFound", ["code"] = 404 });
                break;
        }
    }

    // What the real one adds.
    static JsonObject Complete(JsonObject sent)
    {
        JsonObject made = sent.DeepClone().AsObject();
        made["metadata"]!["uid"] = "00000000-0000-4000-8000-000000000001";
        made["metadata"]!["resourceVersion"] = "1";
        made["metadata"]!["namespace"] = "default";
        if ((string?)made["kind"] != "Pod") return made;
        var terminated = new JsonObject { ["exitCode"] = 0, ["reason"] = "Completed" };
        var container = new JsonObject { ["name"] = "spark-kubernetes-driver", ["image"] = "image", ["imageID"] = "image", ["ready"] = false, ["restartCount"] = 0, ["state"] = new JsonObject { ["terminated"] = terminated } };
        made["status"] = new JsonObject { ["phase"] = "Succeeded", ["containerStatuses"] = new JsonArray(container) };
        return made;
    }

    static Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
