using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.Connection;

public sealed class ConnectionStringTests
{
    [Fact]
    public void Parse_HostAlone_HasSparksDefaults()
    {
        ConnectionString parsed = ConnectionString.Parse("sc://spark.example");
        Assert.Equal(("spark.example", 15002, false, null), (parsed.Host, parsed.Port, parsed.UseSsl, parsed.Token));
        Assert.Equal(128 << 20, parsed.MaxMessageBytes);
    }

    [Fact]
    public void Parse_AllKeys_AreRead()
    {
        ConnectionString parsed = ConnectionString.Parse(
            "sc://[::1]:99/;use_ssl=true;token=a%3Bb=;user_id=u;user_agent=me;session_id=00000000-0000-4000-8000-00000000000a;grpc_max_message_size=1000;X-Route=r1");
        Assert.Equal(("[::1]", 99, true, "a;b=", "u", "me"), (parsed.Host, parsed.Port, parsed.UseSsl, parsed.Token, parsed.UserId, parsed.UserAgent));
        Assert.Equal(Guid.Parse("00000000-0000-4000-8000-00000000000a"), parsed.SessionId);
        Assert.Equal(1000, parsed.MaxMessageBytes);
        Assert.Equal([new("x-route", "r1")], parsed.Headers);
    }

    [Theory]
    [InlineData("sc://spark.example/;token=t", true)]
    [InlineData("sc://localhost/;token=t", false)]
    [InlineData("sc://127.0.0.1:4/;token=t", false)]
    [InlineData("sc://[::1]/;token=t", false)]
    [InlineData("sc://localhost/;token=t;use_ssl=true", true)]
    [InlineData("sc://spark.example/;use_ssl=false", false)]
    public void Parse_Token_TurnsTlsOnUnlessLoopback(string text, bool expected) => Assert.Equal(expected, ConnectionString.Parse(text).UseSsl);

    [Theory]
    [InlineData("http://host", "must begin with sc://")]
    [InlineData("sc://", "has no host")]
    [InlineData("sc://host;token=x", "needs a / between the port and the first ;")]
    [InlineData("sc://host/path", "has a path")]
    [InlineData("sc://host:99999", "has the port '99999'")]
    [InlineData("sc://::1", "IPv6 address without brackets")]
    [InlineData("sc://host/;tokn", "has a part without '='")]
    [InlineData("sc://host/;use_ssl=yes", "use_ssl that is neither true nor false")]
    [InlineData("sc://host/;session_id=7", "session_id that is no UUID")]
    [InlineData("sc://host/;grpc_max_message_size=-1", "no positive number of bytes")]
    [InlineData("sc://host/;token=secret;use_ssl=false", "a token is sent without TLS to this machine only")]
    public void Parse_Malformed_SaysWhere(string text, string expected)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => ConnectionString.Parse(text));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("The form is sc://host:port/;token=…;use_ssl=true", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_Always_LeavesSecretsOut() => Assert.Equal("sc://h:1", ConnectionString.Parse("sc://h:1/;token=secret").ToString());
}
