using Google.Protobuf;
using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;
using MetaSpore.Spark.SparkConnect.Tests.Fakes;
using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.Golden;

/// <summary>The recorded conversation with one version: a server script that answers a request only when it equals a recorded one.</summary>
sealed class GoldenConversation
{
    readonly List<Call> _calls = [];

    GoldenConversation(string version)
    {
        foreach (string path in Directory.GetFiles(Testing.Golden.File("connect", version), "*.req.bin").Order(StringComparer.Ordinal))
        {
            string stem = path[..^".req.bin".Length];
            byte[][] responses = [.. Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(stem) + ".resp-*.bin").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
            string status = stem + ".status.bin";
            _calls.Add(new Call(Path.GetFileName(stem), Parse(Path.GetFileName(stem)[3..], File.ReadAllBytes(path)), responses, File.Exists(status) ? File.ReadAllBytes(status) : null));
        }

        Script = new FakeScript { Answer = Answer, Stream = StreamAsync };
    }

    public FakeScript Script { get; }

    /// <summary>Recorded calls that were made, by name such as <c>06-ExecutePlan</c>.</summary>
    public HashSet<string> Made { get; } = [];

    /// <summary>The server ends the first stream after so many messages, without the final one; null for never.</summary>
    public int? CutFirstStreamAfter { get; set; }

    public static TheoryData<string> Versions() => [.. Testing.Golden.Cases("connect")];

    public static GoldenConversation Of(string version) => new(version);

    /// <summary>The recorded request of a call.</summary>
    public IMessage Request(string name) => _calls.Single(call => call.Name == name).Request;

    IMessage? Answer(IMessage request)
    {
        if (request is ReleaseExecuteRequest) return null;
        Call call = Find(request);
        if (call.Status is not null) throw Failure(call.Status);
        return Parse(call.Name[3..], call.Responses[0], isResponse: true);
    }

    async Task StreamAsync(IMessage request, IServerStreamWriter<ExecutePlanResponse> stream, CancellationToken cancellationToken)
    {
        Call call = Find(request);
        int count = request is ExecutePlanRequest && CutFirstStreamAfter is { } cut ? cut : call.Responses.Count;
        foreach (byte[] response in call.Responses.Take(count)) await stream.WriteAsync(ExecutePlanResponse.Parser.ParseFrom(response), cancellationToken);
        if (call.Status is not null) throw Failure(call.Status);
    }

    Call Find(IMessage request)
    {
        ByteString asked = Normalized(request);
        Call? call = _calls.FirstOrDefault(one => one.Request.GetType() == request.GetType() && !Made.Contains(one.Name) && Normalized(one.Request).Equals(asked))
            ?? _calls.FirstOrDefault(one => one.Request.GetType() == request.GetType() && Normalized(one.Request).Equals(asked))
            ?? throw new RpcException(new Status(StatusCode.InvalidArgument, $"no recorded call equals {request}"));
        Made.Add(call.Name);
        return call;
    }

    static RpcException Failure(byte[] status)
    {
        Google.Rpc.Status read = Google.Rpc.Status.Parser.ParseFrom(status);
        return new RpcException(new Status((StatusCode)read.Code, read.Message), new Metadata { { "grpc-status-details-bin", status } });
    }

    /// <summary>A request without what every client chooses for itself.</summary>
    static ByteString Normalized(IMessage request)
    {
        IMessage copy = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        string[] own = request is InterruptRequest or ReattachExecuteRequest
            ? ["client_type", "client_observed_server_side_session_id", request is ReattachExecuteRequest ? "operation_id" : ""]
            : ["client_type", "client_observed_server_side_session_id", "operation_id"];
        foreach (string name in own) copy.Descriptor.FindFieldByName(name)?.Accessor.Clear(copy);
        (copy.Descriptor.FindFieldByName("user_context")?.Accessor.GetValue(copy) as UserContext)?.UserName = "";
        StripPlan(copy);
        return copy.ToByteString();
    }

    static void StripPlan(IMessage message)
    {
        if (message is Relation relation) relation.Common = null;
        if (message is PythonUdf function) function.PythonVer = "";
        foreach (Google.Protobuf.Reflection.FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType != Google.Protobuf.Reflection.FieldType.Message || field.IsMap) continue;
            object value = field.Accessor.GetValue(message);
            if (value is IMessage one) StripPlan(one);
            else if (value is System.Collections.IEnumerable many) foreach (IMessage item in many) StripPlan(item);
        }
    }

    static IMessage Parse(string method, byte[] bytes, bool isResponse = false)
    {
        Google.Protobuf.Reflection.MethodDescriptor described = ServiceReflection.Descriptor.Services[0].FindMethodByName(method);
        return (isResponse ? described.OutputType : described.InputType).Parser.ParseFrom(bytes);
    }

    sealed record Call(string Name, IMessage Request, IReadOnlyList<byte[]> Responses, byte[]? Status);
}
