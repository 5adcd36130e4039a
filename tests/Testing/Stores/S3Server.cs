using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace MetaSpore.Spark.Testing.Stores;

/// <summary>The part of S3's protocol that a client of objects needs, path style, kept in memory.</summary>
public sealed class S3Server : StoreServer
{
    /// <summary>The key that it accepts.</summary>
    public const string AccessKey = "test-key";

    readonly ConcurrentDictionary<string, ConcurrentDictionary<string, byte[]>> _buckets = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, ConcurrentDictionary<int, byte[]>> _uploads = new(StringComparer.Ordinal);

    /// <summary>Objects of one page of a listing.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>Parts that were received.</summary>
    public int PartCount { get; private set; }

    /// <summary>Makes a bucket.</summary>
    /// <returns>Its objects by key.</returns>
    public ConcurrentDictionary<string, byte[]> Bucket(string name) => _buckets.GetOrAdd(name, _ => new(StringComparer.Ordinal));

    private protected override async Task HandleAsync(HttpContext context)
    {
        string[] path = context.Request.Path.Value!.TrimStart('/').Split('/', 2);
        string key = path.Length > 1 ? path[1] : "", method = context.Request.Method;
        IQueryCollection query = context.Request.Query;
        byte[] body = await BodyAsync(context);
        string operation = method == "POST" && query.ContainsKey("delete") ? "DELETE" : method == "GET" && key.Length == 0 ? "LIST" : method;
        StoreFault? fault = Faults.Take(operation, context.Request.Path.Value + (operation == "LIST" ? "/" + query["prefix"] : ""));
        string authorization = context.Request.Headers.Authorization.ToString();
        if (fault == StoreFault.Silent) await SilenceAsync(context);
        else if (fault == StoreFault.ServerError) await RefuseAsync(context, 500, "InternalError", "We encountered an internal error.");
        else if (fault == StoreFault.Denied) await RefuseAsync(context, 403, "AccessDenied", "Access Denied");
        else if (!authorization.Contains($"Credential={AccessKey}/", StringComparison.Ordinal)) await RefuseAsync(context, 403, "InvalidAccessKeyId", "The key does not exist.");
        else if (!_buckets.TryGetValue(path[0], out ConcurrentDictionary<string, byte[]>? bucket)) await RefuseAsync(context, 404, "NoSuchBucket", "The specified bucket does not exist");
        else if (operation == "LIST") await ListAsync(context, bucket, query["prefix"].ToString(), query["continuation-token"].ToString());
        else if (operation == "DELETE" && query.ContainsKey("delete")) await DeleteManyAsync(context, bucket, body);
        else if (method == "POST") await UploadAsync(context, bucket, key, body);
        else if (method == "PUT") await PutAsync(context, bucket, key, body);
        else if (method is "GET" or "HEAD") await GetAsync(context, bucket, key, fault);
        else await DeleteAsync(context, bucket, key);
    }

    static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        return XmlAsync(context, $"<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    }

    static Task XmlAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "application/xml";
        byte[] bytes = Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}");
        return SendAsync(context, bytes, null);
    }

    // With a hyphen, as of objects sent in parts: clients take others for the content's MD5.
    static string Tag(byte[] content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}-1\"";

    // CRC32 of a whole object, as S3 writes it: base 64 of the big-endian number.
    static string Checksum(byte[] content)
    {
        byte[] hash = Crc32.Hash(content);
        Array.Reverse(hash);
        return Convert.ToBase64String(hash);
    }

    async Task PutAsync(HttpContext context, ConcurrentDictionary<string, byte[]> bucket, string key, byte[] body)
    {
        if (Content(context, body) is not { } content)
        {
            await RefuseAsync(context, 400, "BadDigest", "The checksum did not match.");
            return;
        }

        context.Response.Headers.ETag = Tag(content);
        if (context.Request.Query["uploadId"].ToString() is not { Length: > 0 } upload)
        {
            bucket[key] = content;
            return;
        }

        _uploads[upload][int.Parse(context.Request.Query["partNumber"]!, CultureInfo.InvariantCulture)] = content;
        PartCount++;
    }

    Task UploadAsync(HttpContext context, ConcurrentDictionary<string, byte[]> bucket, string key, byte[] body)
    {
        if (context.Request.Query.ContainsKey("uploads"))
        {
            string id = Guid.NewGuid().ToString("N");
            _uploads[id] = new();
            return XmlAsync(context, $"<InitiateMultipartUploadResult><Key>{SecurityElement.Escape(key)}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
        }

        _uploads.TryRemove(context.Request.Query["uploadId"]!, out ConcurrentDictionary<int, byte[]>? parts);
        XDocument order = XDocument.Parse(Encoding.UTF8.GetString(body));
        int[] numbers = [.. order.Descendants().Where(e => e.Name.LocalName == "PartNumber").Select(e => (int)e)];
        bucket[key] = [.. numbers.SelectMany(number => parts![number])];
        return XmlAsync(context, $"<CompleteMultipartUploadResult><Key>{SecurityElement.Escape(key)}</Key><ETag>\"parts-{numbers.Length}\"</ETag></CompleteMultipartUploadResult>");
    }

    static async Task GetAsync(HttpContext context, ConcurrentDictionary<string, byte[]> bucket, string key, StoreFault? fault)
    {
        if (!bucket.TryGetValue(key, out byte[]? content))
        {
            await RefuseAsync(context, 404, "NoSuchKey", "The specified key does not exist.");
            return;
        }

        context.Response.Headers.ETag = Tag(content);
        string range = context.Request.Headers.Range.ToString();
        if (range.Length == 0)
        {
            if (context.Request.Headers.ContainsKey("x-amz-checksum-mode"))
            {
                context.Response.Headers["x-amz-checksum-crc32"] = Checksum(content);
                context.Response.Headers["x-amz-checksum-type"] = "FULL_OBJECT";
            }

            await SendAsync(context, content, fault);
            return;
        }

        int start = int.Parse(range["bytes=".Length..range.IndexOf('-', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        context.Response.StatusCode = 206;
        context.Response.Headers.ContentRange = $"bytes {start}-{content.Length - 1}/{content.Length}";
        await SendAsync(context, content.AsMemory(start), fault);
    }

    Task DeleteAsync(HttpContext context, ConcurrentDictionary<string, byte[]> bucket, string key)
    {
        if (context.Request.Query["uploadId"].ToString() is { Length: > 0 } upload) _uploads.TryRemove(upload, out _);
        else bucket.TryRemove(key, out _);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    static Task DeleteManyAsync(HttpContext context, ConcurrentDictionary<string, byte[]> bucket, byte[] body)
    {
        XDocument order = XDocument.Parse(Encoding.UTF8.GetString(Content(context, body) ?? body));
        foreach (XElement key in order.Descendants().Where(e => e.Name.LocalName == "Key")) bucket.TryRemove(key.Value, out _);
        return XmlAsync(context, "<DeleteResult></DeleteResult>");
    }

    Task ListAsync(HttpContext context, ConcurrentDictionary<string, byte[]> bucket, string prefix, string after)
    {
        string[] keys = [.. bucket.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(k, after) > 0).Order(StringComparer.Ordinal)];
        string[] page = [.. keys.Take(PageSize)];
        string next = page.Length < keys.Length ? $"<IsTruncated>true</IsTruncated><NextContinuationToken>{SecurityElement.Escape(page[^1])}</NextContinuationToken>" : "<IsTruncated>false</IsTruncated>";
        string contents = string.Concat(page.Select(k => bucket.TryGetValue(k, out byte[]? content) ? $"<Contents><Key>{SecurityElement.Escape(k)}</Key><Size>{content.Length}</Size></Contents>" : ""));
        return XmlAsync(context, $"<ListBucketResult><KeyCount>{page.Length}</KeyCount>{next}{contents}</ListBucketResult>");
    }

    // Takes the frames of "aws-chunked" away; null when a checksum that came with the content is wrong.
    static byte[]? Content(HttpContext context, byte[] body)
    {
        string? checksum = context.Request.Headers["x-amz-checksum-crc32"];
        if (context.Request.Headers["x-amz-content-sha256"].ToString().StartsWith("STREAMING", StringComparison.Ordinal))
        {
            using MemoryStream content = new();
            int at = 0;
            while (true)
            {
                string head = Line(body, ref at);
                int length = int.Parse(head.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (length == 0) break;
                content.Write(body, at, length);
                at += length + 2;
            }

            while (at < body.Length)
            {
                string trailer = Line(body, ref at);
                if (trailer.StartsWith("x-amz-checksum-crc32:", StringComparison.Ordinal)) checksum = trailer[21..].Trim();
            }

            body = content.ToArray();
        }

        return checksum is null || checksum == Checksum(body) ? body : null;
    }

    static string Line(byte[] body, ref int at)
    {
        int end = at;
        while (end < body.Length && body[end] != '\r') end++;
        string line = Encoding.ASCII.GetString(body, at, end - at);
        at = end + 2;
        return line;
    }
}
