using Grpc.Core;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Words for statuses that do not come from Spark itself.</summary>
static class TransportError
{
    /// <summary>The exception for a status without Spark's details; null when the text of the status is Spark's all the same.</summary>
    public static SparkConnectException? Describe(RpcException error, ConnectClient client)
    {
        string address = client.Address.ToString();
        string detail = error.Status.Detail;
        string? text = error.StatusCode switch
        {
            StatusCode.Unavailable => $"{address} can't be reached: {detail}. Check that a Spark Connect server runs there, that a firewall lets the port through, and that TLS (use_ssl) is as the server expects; it is {(client.Address.UseSsl ? "on" : "off")}.",
            StatusCode.Unauthenticated => $"{address} refused the token: {detail}. Give the server's spark.connect.authenticate.token as ;token=… or in {SparkSessionBuilder.TokenVariable}.",
            StatusCode.PermissionDenied => $"{address} refused the call: {detail}. Check the token and user_id.",
            StatusCode.Unimplemented => $"{address} does not offer the call: {detail}. Check that it is a Spark Connect server of 3.5 or later.",
            StatusCode.DeadlineExceeded => $"{address} did not answer in time. Check the server's load and log.",
            StatusCode.ResourceExhausted => $"{address}: a message is larger than the limit of {client.Address.MaxMessageBytes} bytes: {detail}. Raise grpc_max_message_size here and spark.connect.grpc.maxInboundMessageSize at the server, or fetch less at once.",
            StatusCode.Cancelled => $"{address} ended the call: {detail}.",
            StatusCode.Internal when detail.StartsWith("Error starting gRPC call", StringComparison.Ordinal) || detail.StartsWith("Bad gRPC response", StringComparison.Ordinal) =>
                $"{address} can't be spoken to: {detail}. Check that it is a Spark Connect server and that TLS (use_ssl) is as it expects; it is {(client.Address.UseSsl ? "on" : "off")}.",
            _ when detail.Length == 0 => $"{address} failed the call with the status {error.StatusCode} and gave no reason. Check the server's log.",
            _ => null,
        };
        return text is null ? null : new SparkConnectException(text, error);
    }
}
