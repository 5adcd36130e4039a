using Grpc.Core;
using MetaSpore.Spark.ParameterServer.Wire;

namespace MetaSpore.Spark.ParameterServer.Hosting;

/// <summary>The method of exchange streams, in the form in which the server looks for it.</summary>
[BindServiceMethod(typeof(ExchangeServiceBase), nameof(Bind))]
abstract class ExchangeServiceBase
{
    /// <summary>Tells the server of the method; called by name.</summary>
    public static void Bind(ServiceBinderBase binder, ExchangeServiceBase? service) => binder.AddMethod(
        WireProtocol.Exchange, service is null ? null : service.Exchange);

    /// <summary>Serves one stream until its caller ends it.</summary>
    public abstract Task Exchange(
        IAsyncStreamReader<WireMessage> requests, IServerStreamWriter<WireMessage> answers, ServerCallContext context);
}
