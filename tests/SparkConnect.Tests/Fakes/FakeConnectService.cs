using Grpc.Core;
using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect.Tests.Fakes;

/// <summary>The calls of a fake server.</summary>
sealed class FakeConnectService(FakeScript script) : SparkConnectService.SparkConnectServiceBase
{
    public override Task ExecutePlan(ExecutePlanRequest request, IServerStreamWriter<ExecutePlanResponse> responseStream, ServerCallContext context) =>
        script.RunAsync(request, responseStream, context);

    public override Task ReattachExecute(ReattachExecuteRequest request, IServerStreamWriter<ExecutePlanResponse> responseStream, ServerCallContext context) =>
        script.RunAsync(request, responseStream, context);

    public override Task<AnalyzePlanResponse> AnalyzePlan(AnalyzePlanRequest request, ServerCallContext context) => Reply<AnalyzePlanResponse>(request, context);

    public override Task<ConfigResponse> Config(ConfigRequest request, ServerCallContext context) => Reply<ConfigResponse>(request, context);

    public override async Task<AddArtifactsResponse> AddArtifacts(IAsyncStreamReader<AddArtifactsRequest> requestStream, ServerCallContext context)
    {
        AddArtifactsResponse? last = null;
        while (await requestStream.MoveNext(context.CancellationToken)) last = await Reply<AddArtifactsResponse>(requestStream.Current, context);
        return last ?? new AddArtifactsResponse();
    }

    public override Task<ArtifactStatusesResponse> ArtifactStatus(ArtifactStatusesRequest request, ServerCallContext context) => Reply<ArtifactStatusesResponse>(request, context);

    public override Task<InterruptResponse> Interrupt(InterruptRequest request, ServerCallContext context) => Reply<InterruptResponse>(request, context);

    public override Task<ReleaseExecuteResponse> ReleaseExecute(ReleaseExecuteRequest request, ServerCallContext context) => Reply<ReleaseExecuteResponse>(request, context);

    public override Task<ReleaseSessionResponse> ReleaseSession(ReleaseSessionRequest request, ServerCallContext context) => Reply<ReleaseSessionResponse>(request, context);

    public override Task<FetchErrorDetailsResponse> FetchErrorDetails(FetchErrorDetailsRequest request, ServerCallContext context) => Reply<FetchErrorDetailsResponse>(request, context);

    Task<T> Reply<T>(Google.Protobuf.IMessage request, ServerCallContext context) where T : class, Google.Protobuf.IMessage, new() => Task.FromResult(script.Reply<T>(request, context));
}
