using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Rpc;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Reads the server's error out of a failed call: from the status' details, and from 4.0 on from the answer of FetchErrorDetails.</summary>
static partial class ErrorReader
{
    const string Domain = "org.apache.spark";

    /// <summary>The details of a status that Spark made; null when the status comes from elsewhere.</summary>
    public static ErrorInfo? Info(RpcException error) =>
        error.GetRpcStatus()?.GetDetail<ErrorInfo>() is { } info && info.Domain == Domain ? info : null;

    /// <summary>Id for FetchErrorDetails; null on 3.5.</summary>
    public static string? ErrorId(ErrorInfo? info) => info is not null && info.Metadata.TryGetValue("errorId", out string? id) ? id : null;

    /// <summary>The error's class, as said in the details or in the message's brackets.</summary>
    public static string? ErrorClass(RpcException error, ErrorInfo? info) =>
        info is not null && info.Metadata.TryGetValue("errorClass", out string? named) ? named : Bracketed(error.Status.Detail);

    /// <summary>Puts together what is known.</summary>
    /// <param name="error">The failed call.</param>
    /// <param name="info">Its details; null when Spark gave none.</param>
    /// <param name="fetched">The answer of FetchErrorDetails; null when there is none.</param>
    public static ServerError Read(RpcException error, ErrorInfo? info, FetchErrorDetailsResponse? fetched)
    {
        FetchErrorDetailsResponse.Types.Error[] chain = [.. Chain(fetched)];
        FetchErrorDetailsResponse.Types.Error? root = chain.Length > 0 ? chain[0] : null;
        string message = root is { Message.Length: > 0 } ? root.Message : error.Status.Detail;
        IReadOnlyList<string> classes = root is { ErrorTypeHierarchy.Count: > 0 } ? [.. root.ErrorTypeHierarchy] : Classes(info);
        IReadOnlyDictionary<string, string> parameters = root?.SparkThrowable is { MessageParameters.Count: > 0 } thrown
            ? new Dictionary<string, string>(thrown.MessageParameters) : Parameters(info);
        return new ServerError(message, classes)
        {
            ErrorClass = root?.SparkThrowable is { HasErrorClass: true } named ? named.ErrorClass : ErrorClass(error, info),
            SqlState = root?.SparkThrowable is { HasSqlState: true } state ? state.SqlState : SqlState(error, info),
            MessageParameters = parameters,
            WorkerMessage = Worker(error.Status.Detail, classes, parameters, info, chain),
        };
    }

    static IEnumerable<FetchErrorDetailsResponse.Types.Error> Chain(FetchErrorDetailsResponse? fetched)
    {
        if (fetched is null || !fetched.HasRootErrorIdx) yield break;
        int at = fetched.RootErrorIdx;
        for (int depth = 0; depth < fetched.Errors.Count && at >= 0 && at < fetched.Errors.Count; depth++)
        {
            FetchErrorDetailsResponse.Types.Error next = fetched.Errors[at];
            yield return next;
            at = next.HasCauseIdx ? next.CauseIdx : -1;
        }
    }

    static string? Worker(string detail, IReadOnlyList<string> classes, IReadOnlyDictionary<string, string> parameters, ErrorInfo? info,
        FetchErrorDetailsResponse.Types.Error[] chain)
    {
        bool isWorker = classes.Contains(WorkerText.ServerClass);
        if ((isWorker || ClassIsWorkers(info)) && parameters.TryGetValue("traceback", out string? own)) return own;
        foreach (FetchErrorDetailsResponse.Types.Error error in chain)
        {
            bool fromWorker = error.ErrorTypeHierarchy.Contains(WorkerText.ServerClass);
            if (fromWorker && error.SparkThrowable?.MessageParameters.TryGetValue("traceback", out string? text) == true) return text;
            if (WorkerText.Find(error.Message, fromWorker) is { } found) return found;
        }

        return WorkerText.Find(detail, isWorker);
    }

    static bool ClassIsWorkers(ErrorInfo? info) =>
        info is not null && info.Metadata.TryGetValue("errorClass", out string? named) && named == WorkerText.ErrorClass;

    static string[] Classes(ErrorInfo? info)
    {
        if (info is null) return [];
        if (!info.Metadata.TryGetValue("classes", out string? json)) return [info.Reason];
        try
        {
            return JsonSerializer.Deserialize<string[]>(json) is { Length: > 0 } names ? names : [info.Reason];
        }
        catch (JsonException)
        {
            return [info.Reason];
        }
    }

    static Dictionary<string, string> Parameters(ErrorInfo? info)
    {
        if (info is null || !info.Metadata.TryGetValue("messageParameters", out string? json)) return [];
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    static string? SqlState(RpcException error, ErrorInfo? info)
    {
        if (info is not null && info.Metadata.TryGetValue("sqlState", out string? state)) return state;
        Match match = StateInText().Match(error.Status.Detail);
        return match.Success ? match.Groups[1].Value : null;
    }

    static string? Bracketed(string message)
    {
        Match match = ClassInText().Match(message);
        return match.Success ? match.Groups[1].Value : null;
    }

    [GeneratedRegex(@"SQLSTATE: (\w{5})")]
    private static partial Regex StateInText();

    [GeneratedRegex(@"^\s*\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]")]
    private static partial Regex ClassInText();
}
