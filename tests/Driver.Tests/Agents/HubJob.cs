using MetaSpore.Spark.Driver.Agents;
using MetaSpore.Spark.ParameterServer.Client;
using MetaSpore.Spark.ParameterServer.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace MetaSpore.Spark.Driver.Tests.Agents;

/// <summary>Agents as if each were in a process of its own, with a real shard between them; worker 0 in the shard's own process.</summary>
sealed class HubJob : IAsyncDisposable
{
    static readonly byte[] s_secret = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 3))];

    readonly string _name = $"hub {Guid.NewGuid():N}";
    readonly ShardHost _shard;
    readonly Script _script;
    readonly int _workers;
    readonly List<(AgentJob Job, HubAgentTransport Transport, IShardChannel Channel)> _parts = [];

    HubJob(ShardHost shard, Script script, int workers)
    {
        _shard = shard;
        _script = script;
        _workers = workers;
    }

    public static async Task<HubJob> StartAsync(Script script, int workers, CancellationToken cancellationToken) => new(
        await ShardHost.StartAsync(new ShardHostOptions { JobId = "agents", Secret = s_secret }, null, cancellationToken), script, workers);

    /// <summary>Adds an agent; it answers from now on.</summary>
    public (AgentJob Job, ScriptedAgent Agent) Add(AgentAddress address)
    {
        IShardChannel channel = address == AgentAddress.Worker(0)
            ? _shard.OpenChannel()
            : new GrpcShardChannel(_shard.Endpoint, new ShardConnectionOptions { JobId = "agents", Secret = s_secret });
        HubAgentTransport? transport = null;
        var job = new AgentJob(_name, _workers, 1, NullLogger.Instance, made => transport = new HubAgentTransport(made, address, (IJobMailbox)channel));
        ScriptedAgent.Now.Value = _script;
        var agent = new ScriptedAgent();
        if (_script.Attribute is { } attribute) AgentAttributes.Apply(agent, [attribute]);
        job.Add(address, agent);
        transport!.Start();
        _parts.Add((job, transport, channel));
        return (job, agent);
    }

    /// <summary>Ends an agent as the end of its task does.</summary>
    public async Task RemoveAsync(AgentJob job)
    {
        (AgentJob Job, HubAgentTransport Transport, IShardChannel Channel) part = _parts.Single(other => other.Job == job);
        _parts.Remove(part);
        await EndAsync(part);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts) await EndAsync(part);
        await _shard.DisposeAsync();
    }

    static async Task EndAsync((AgentJob Job, HubAgentTransport Transport, IShardChannel Channel) part)
    {
        await part.Transport.DisposeAsync();
        part.Job.Dispose();
        await part.Channel.DisposeAsync();
    }
}
