using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Tests.Checkpoints;
using MetaSpore.Spark.Testing.Stores;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.RemoteStorage;

/// <summary>Stores that fail, and what the user reads then.</summary>
public sealed class StorageFaultTests : IDisposable
{
    readonly TestFolder _local = new();
    readonly byte[] _content = new byte[700_001];

    public StorageFaultTests() => new Random(11).NextBytes(_content);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static S3Settings AtTests => S3Settings.FromEnvironment();

    public void Dispose() => _local.Dispose();

    [Theory]
    [InlineData("s3", "GET")]
    [InlineData("hdfs", "OPEN")]
    public async Task DownloadAsync_BrokenAnswers_AreContinued(string kind, string operation)
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open(kind);
        await folder.PutAsync("x", _content, Token);
        faults.Add(operation, name, StoreFault.Truncated, times: 2);
        faults.Add(operation, name, StoreFault.ServerError, times: 1);
        Assert.Equal(_content, await folder.TryGetAsync("x", Token));
    }

    [Theory]
    [InlineData("s3", "GET")]
    [InlineData("hdfs", "OPEN")]
    public async Task DownloadAsync_AnswersAlwaysBreak_SaysHowFarItCame(string kind, string operation)
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open(kind);
        await folder.PutAsync("x", _content, Token);
        faults.Add(operation, name, StoreFault.Truncated);
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => folder.TryGetAsync("x", Token));
        Assert.StartsWith($"reading '{folder.Location}/x' failed: ", error.Message, StringComparison.Ordinal);
        Assert.Matches("ended the answer after [0-9]+ of 700001 bytes, also when asked again. Try again when", error.Message);
    }

    [Theory]
    [InlineData("s3", "PUT")]
    [InlineData("hdfs", "CREATE")]
    [InlineData("hdfs", "ask CREATE")]
    [InlineData("hdfs", "ask RENAME")]
    public async Task PutAsync_PassingErrors_AreRepeated(string kind, string operation)
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open(kind);
        faults.Add(operation, name, StoreFault.ServerError, times: 2);
        await folder.PutAsync("x", _content, Token);
        Assert.Equal(_content, await folder.TryGetAsync("x", Token));
        Assert.Equal([new StoredObject("x", _content.Length)], await folder.ListAsync("", Token));
    }

    [Fact]
    public async Task PutAsync_HdfsKeepsHalfOfIt_IsNotAccepted()
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open("hdfs");
        await folder.PutAsync("x", new byte[] { 1 }, Token);
        faults.Add("CREATE", name, StoreFault.Truncated);
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => folder.PutAsync("x", _content, Token));
        Assert.Equal($"writing '{folder.Location}/x' failed: HDFS has 350000 of 700001 bytes. Try again when HDFS is well", error.Message);
        Assert.Equal([1], await folder.TryGetAsync("x", Token));
    }

    [Fact]
    public async Task TryGetAsync_ChangedByte_IsNoticedByItsChecksum()
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open("s3");
        await folder.PutAsync("x", _content, Token);
        faults.Add("GET", name, StoreFault.Changed);
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => folder.TryGetAsync("x", Token));
        Assert.Equal($"reading '{folder.Location}/x' failed: what {TestStores.S3.Address} sent does not match its checksum. Try again when the store and the network are well", error.Message);
    }

    [Fact]
    public async Task UploadAsync_LongFile_IsSentInParts()
    {
        StorageLocation location = StorageLocation.Parse(TestStores.NewLocation("s3"));
        S3ObjectFolder folder = new(location, AtTests with { MultipartBytes = 5 << 20 });
        byte[] content = new byte[12 << 20];
        new Random(3).NextBytes(content);
        await File.WriteAllBytesAsync(_local["long"], content, Token);
        int before = TestStores.S3.PartCount;
        await folder.UploadAsync(_local["long"], "long", Token);
        Assert.Equal(before + 3, TestStores.S3.PartCount);
        Assert.Equal(content, await folder.TryGetAsync("long", Token));
    }

    [Fact]
    public async Task ListAsync_ManyPages_ReadsAll()
    {
        S3Server server = new() { PageSize = 3 };
        server.Bucket("paged");
        S3ObjectFolder folder = new(StorageLocation.Parse("s3://paged/a"), AtTests with { Endpoint = server.Address });
        for (int i = 0; i < 8; i++) await folder.PutAsync($"n{i}", new byte[] { 1 }, Token);
        Assert.Equal(8, (await folder.ListAsync("", Token)).Count);
        await folder.DeleteAllAsync(Token);
        Assert.Empty(server.Bucket("paged"));
    }

    [Fact]
    public async Task PutAsync_NoBucket_SaysSo()
    {
        _ = TestStores.S3;
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => ObjectFolder.Open("s3://absent/x").PutAsync("y", default, Token));
        Assert.Equal($"writing 's3://absent/x/y' failed: there is no bucket 'absent' at {TestStores.S3.Address}. Create it, or correct the address", error.Message);
        BadInputException read = await Assert.ThrowsAsync<BadInputException>(() => ObjectFolder.Open("s3://absent/x").TryGetAsync("y", Token));
        Assert.Contains("there is no bucket 'absent'", read.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryGetAsync_HdfsDenied_NamesTheUser()
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open("hdfs");
        await folder.PutAsync("x", _content, Token);
        Assert.True(TestStores.Hdfs.Users.ContainsKey("tester"));
        faults.Add("CREATE", name, StoreFault.Denied);
        BadInputException error = await Assert.ThrowsAsync<BadInputException>(() => folder.PutAsync("x", _content, Token));
        Assert.Matches(
            "^writing 'hdfs://namenode:8020/user/.*' failed: the user 'tester' may not do it \\(403 AccessControlException: Permission denied: user=u, access=WRITE, inode=\"/\"\\). Give that user the permission, or set HADOOP_USER_NAME to one who has it$",
            error.Message);
    }

    [Fact]
    public async Task PutAsync_NobodyListens_NamesTheAddress()
    {
        string closed = ClosedAddress();
        S3ObjectFolder s3 = new(StorageLocation.Parse("s3://tests/x"), AtTests with { Endpoint = closed });
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => s3.PutAsync("y", default, Token));
        Assert.Matches($"^writing 's3://tests/x/y' failed: {closed} can't be reached: .*refused.*Check AWS_ENDPOINT_URL_S3 and the network$", error.Message);
        HdfsObjectFolder hdfs = new(StorageLocation.Parse("hdfs://nn/x"), new WebHdfsSettings([new Uri(closed)], "u", TimeSpan.FromMilliseconds(1)));
        StorageException other = await Assert.ThrowsAsync<StorageException>(() => hdfs.PutAsync("y", default, Token));
        Assert.Matches($"^writing 'hdfs://nn/x/.*' failed: WebHDFS at {closed} can't be reached: .*Check METASPORE_WEBHDFS", other.Message);
    }

    [Fact]
    public async Task TryGetAsync_DataNodeOutOfReach_NamesIt()
    {
        WebHdfsServer server = new() { DataNodeAddress = ClosedAddress() };
        HdfsObjectFolder hdfs = new(StorageLocation.Parse("hdfs://nn/x"), new WebHdfsSettings([new Uri(server.Address)], "u", TimeSpan.FromMilliseconds(1)));
        StorageException error = await Assert.ThrowsAsync<StorageException>(() => hdfs.PutAsync("y", _content, Token));
        Assert.Contains($"the name node names the data node {server.DataNodeAddress}, which can't be reached", error.Message, StringComparison.Ordinal);
        Assert.Contains("its web port must be open to this machine", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3", "GET")]
    [InlineData("hdfs", "OPEN")]
    public async Task TryGetAsync_Cancelled_EndsAtOnce(string kind, string operation)
    {
        (IObjectFolder folder, StoreFaults faults, string name) = Open(kind);
        await folder.PutAsync("x", _content, Token);
        faults.Add(operation, name, StoreFault.Silent);
        using CancellationTokenSource stop = new();
        Task<byte[]?> read = folder.TryGetAsync("x", stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Theory]
    [InlineData("gs://bucket/x", "'gs://bucket/x': expected a path, s3://, s3a:// or hdfs://, found 'gs://'; mount that file system and name its path, or use one of those")]
    [InlineData("s3:///x", "'s3:///x': expected s3://bucket/prefix with the name of a bucket alone before the first '/'; correct it")]
    [InlineData("s3://b/x/../y", "'s3://b/x/../y': expected an address without empty parts, '.' and '..'; correct it")]
    public void Parse_WrongAddress_SaysWhatIsExpected(string address, string message) =>
        Assert.Equal(message, Assert.Throws<BadInputException>(() => StorageLocation.Parse(address)).Message);

    [Theory]
    [InlineData("s3a://b/x/y/", "s3a://b/x/y", "s3a://b/x", "y")]
    [InlineData("hdfs://h:1/x/y", "hdfs://h:1/x/y", "hdfs://h:1/x", "y")]
    [InlineData("hdfs:///x", "hdfs:///x", "hdfs:///", "x")]
    [InlineData("s3://b", "s3://b", "s3://b", "")]
    [InlineData("file:///x/y", "/x/y", "/x", "y")]
    public void Parse_Address_HasNameAndParent(string text, string expected, string parent, string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && text.StartsWith("file", StringComparison.Ordinal), "paths of Windows look different");
        StorageLocation location = StorageLocation.Parse(text);
        Assert.Equal((expected, parent, name), (location.ToString(), location.Parent.ToString(), location.Name));
        Assert.Equal(location, StorageLocation.Parse(location.ToString()));
        Assert.True(location.Parent.Contains(location));
        Assert.Equal(location, location.Name.Length == 0 ? location : location.Parent.Below(location.Name));
        Assert.False(location.Below("z").Contains(location));
    }

    static string ClosedAddress()
    {
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        string address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        return address;
    }

    static (IObjectFolder Folder, StoreFaults Faults, string Name) Open(string kind)
    {
        IObjectFolder folder = ObjectFolder.Open(TestStores.NewLocation(kind));
        return (folder, kind == "hdfs" ? TestStores.Hdfs.Faults : TestStores.S3.Faults, folder.Location.Name);
    }
}
