using MetaSpore.Spark.SparkConnect.Protocol;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>The configuration of a session at the server. Thread-safe.</summary>
public sealed class RuntimeConfig
{
    readonly ConnectClient _client;

    internal RuntimeConfig(ConnectClient client) => _client = client;

    /// <summary>Sets a key.</summary>
    /// <exception cref="SparkException">The key can be set only when Spark starts, or the value does not fit.</exception>
    public Task SetAsync(string key, string value, CancellationToken cancellationToken = default) => SetAsync([new(key, value)], cancellationToken);

    /// <summary>Sets keys.</summary>
    /// <exception cref="SparkException">A key can be set only when Spark starts, or a value does not fit.</exception>
    public Task SetAsync(IEnumerable<KeyValuePair<string, string>> pairs, CancellationToken cancellationToken = default)
    {
        ConfigRequest.Types.Set set = new();
        foreach ((string key, string value) in pairs) set.Pairs.Add(new KeyValue { Key = key, Value = value });
        return CallAsync(new ConfigRequest.Types.Operation { Set = set }, cancellationToken);
    }

    /// <summary>The value of a key, or its default.</summary>
    /// <exception cref="SparkException">The key has neither.</exception>
    public async Task<string> GetAsync(string key, CancellationToken cancellationToken = default) =>
        (await CallAsync(new ConfigRequest.Types.Operation { Get = new() { Keys = { key } } }, cancellationToken)).Pairs[0].Value;

    /// <summary>The value of a key, or its default; null when it has neither.</summary>
    public async Task<string?> GetOptionAsync(string key, CancellationToken cancellationToken = default) =>
        (await GetOptionAsync([key], cancellationToken))[key];

    /// <summary>The values of keys, or their defaults; null for a key that has neither.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> GetOptionAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ConfigResponse response = await CallAsync(new ConfigRequest.Types.Operation { GetOption = new() { Keys = { keys } } }, cancellationToken);
        return response.Pairs.ToDictionary(pair => pair.Key, pair => pair.HasValue ? pair.Value : null);
    }

    /// <summary>Takes a key's value away.</summary>
    public Task UnsetAsync(string key, CancellationToken cancellationToken = default) =>
        CallAsync(new ConfigRequest.Types.Operation { Unset = new() { Keys = { key } } }, cancellationToken);

    /// <summary>All keys that are set, with their values. Values can be secrets: do not log them.</summary>
    /// <param name="prefix">Only keys that begin so, given without this beginning; null for all.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyDictionary<string, string>> GetAllAsync(string? prefix = null, CancellationToken cancellationToken = default)
    {
        ConfigRequest.Types.GetAll all = new();
        if (prefix is not null) all.Prefix = prefix;
        return (await CallAsync(new ConfigRequest.Types.Operation { GetAll = all }, cancellationToken)).Pairs.ToDictionary(pair => pair.Key, pair => pair.Value);
    }

    /// <summary>Whether a key is known and can be set in a session.</summary>
    public async Task<bool> IsModifiableAsync(string key, CancellationToken cancellationToken = default) =>
        (await CallAsync(new ConfigRequest.Types.Operation { IsModifiable = new() { Keys = { key } } }, cancellationToken)).Pairs[0].Value == "true";

    async Task<ConfigResponse> CallAsync(ConfigRequest.Types.Operation operation, CancellationToken cancellationToken)
    {
        ConfigRequest request = new() { SessionId = _client.SessionId, UserContext = _client.User, Operation = operation, ClientType = _client.ClientType };
        if (_client.ServerSession is { } observed) request.ClientObservedServerSideSessionId = observed;
        ConfigResponse response = await _client.CallAsync(
            async options => await _client.Stub.ConfigAsync(request, options), _client.Times.Call, _client.Times.Retries, cancellationToken);
        _client.Observe(response.ServerSideSessionId);
        return response;
    }
}
