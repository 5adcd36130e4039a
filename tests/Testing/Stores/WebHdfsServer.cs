using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MetaSpore.Spark.Testing.Stores;

/// <summary>The part of WebHDFS that a client of files needs: a name node, a standby one below <c>/standby</c>, and a data node; kept in memory.</summary>
public sealed class WebHdfsServer : StoreServer
{
    const string Root = "/webhdfs/v1";
    const string DataNode = "/datanode";
    const string Standby = "/standby";

    /// <summary>Content of files by path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Users who have called.</summary>
    public ConcurrentDictionary<string, bool> Users { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the name node sends callers for content.</summary>
    public string? DataNodeAddress { get; set; }

    private protected override async Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (path.StartsWith(Standby, StringComparison.Ordinal))
        {
            await RefuseAsync(context, 403, "StandbyException", "Operation category READ is not supported in state standby.");
            return;
        }

        bool isData = path.StartsWith(DataNode, StringComparison.Ordinal);
        if (isData) path = path[DataNode.Length..];
        path = path[Root.Length..];
        string operation = context.Request.Query["op"]!;
        StoreFault? fault = Faults.Take(isData ? operation : $"ask {operation}", path);
        Users[context.Request.Query["user.name"].ToString()] = true;
        if (fault == StoreFault.Silent) await SilenceAsync(context);
        else if (fault == StoreFault.ServerError) await RefuseAsync(context, 500, "IOException", "something failed.");
        else if (fault == StoreFault.Denied) await RefuseAsync(context, 403, "AccessControlException", "Permission denied: user=u, access=WRITE, inode=\"/\"");
        else if (operation is "CREATE" or "OPEN" && !isData) await SendToDataAsync(context, operation, path);
        else await (operation switch
        {
            "CREATE" => CreateAsync(context, path, fault),
            "OPEN" => OpenAsync(context, path, fault),
            "LISTSTATUS" => ListAsync(context, path),
            "GETFILESTATUS" => StatusAsync(context, path),
            "DELETE" => DeleteAsync(context, path),
            "RENAME" => RenameAsync(context, path),
            "MKDIRS" => JsonAsync(context, new { boolean = true }),
            _ => RefuseAsync(context, 400, "UnsupportedOperationException", operation),
        });
    }

    static Task RefuseAsync(HttpContext context, int status, string exception, string message)
    {
        context.Response.StatusCode = status;
        return JsonAsync(context, new { RemoteException = new { exception, javaClassName = "org.apache." + exception, message } });
    }

    static Task JsonAsync(HttpContext context, object value)
    {
        context.Response.ContentType = "application/json";
        return SendAsync(context, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value)), null);
    }

    static Task MissingAsync(HttpContext context, string path) => RefuseAsync(context, 404, "FileNotFoundException", $"File {path} does not exist.");

    Task SendToDataAsync(HttpContext context, string operation, string path)
    {
        if (operation == "OPEN" && !Files.ContainsKey(path)) return MissingAsync(context, path);
        string escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        context.Response.StatusCode = 307;
        context.Response.Headers.Location = $"{DataNodeAddress ?? Address}{DataNode}{Root}{escaped}{context.Request.QueryString}";
        return Task.CompletedTask;
    }

    async Task CreateAsync(HttpContext context, string path, StoreFault? fault)
    {
        byte[] body = await BodyAsync(context);
        Files[path] = fault == StoreFault.Truncated ? body[..(body.Length / 2)] : body;
        context.Response.StatusCode = 201;
    }

    Task OpenAsync(HttpContext context, string path, StoreFault? fault)
    {
        if (!Files.TryGetValue(path, out byte[]? content)) return MissingAsync(context, path);
        return SendAsync(context, content.AsMemory(int.Parse(context.Request.Query["offset"].ToString(), CultureInfo.InvariantCulture)), fault);
    }

    Task ListAsync(HttpContext context, string path)
    {
        string folder = path.TrimEnd('/') + "/";
        string[] below = [.. Files.Keys.Where(f => f.StartsWith(folder, StringComparison.Ordinal)).Select(f => f[folder.Length..])];
        if (below.Length == 0) return MissingAsync(context, path);
        object[] folders = [.. below.Where(f => f.Contains('/', StringComparison.Ordinal)).Select(f => f.Split('/')[0]).Distinct()
            .Select(f => new { pathSuffix = f, type = "DIRECTORY", length = 0L })];
        object[] files = [.. below.Where(f => !f.Contains('/', StringComparison.Ordinal)).Select(f => new { pathSuffix = f, type = "FILE", length = Files.TryGetValue(folder + f, out byte[]? content) ? content.LongLength : 0 })];
        return JsonAsync(context, new { FileStatuses = new { FileStatus = folders.Concat(files) } });
    }

    Task StatusAsync(HttpContext context, string path) => Files.TryGetValue(path, out byte[]? content)
        ? JsonAsync(context, new { FileStatus = new { pathSuffix = "", type = "FILE", length = content.LongLength } })
        : MissingAsync(context, path);

    Task DeleteAsync(HttpContext context, string path)
    {
        string[] all = [.. Files.Keys.Where(f => f == path || f.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal))];
        foreach (string file in all) Files.TryRemove(file, out _);
        return JsonAsync(context, new { boolean = all.Length > 0 });
    }

    Task RenameAsync(HttpContext context, string path)
    {
        string target = context.Request.Query["destination"].ToString();
        bool overwrites = context.Request.Query["renameoptions"] == "OVERWRITE";
        if (!overwrites && (Files.ContainsKey(target) || !Files.ContainsKey(path))) return JsonAsync(context, new { boolean = false });
        if (!Files.TryRemove(path, out byte[]? content)) return MissingAsync(context, path);
        Files[target] = content;
        return overwrites ? Task.CompletedTask : JsonAsync(context, new { boolean = true });
    }
}
