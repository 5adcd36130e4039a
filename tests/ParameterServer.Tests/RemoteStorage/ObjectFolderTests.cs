using System.Text;
using MetaSpore.Spark.ParameterServer.RemoteStorage;
using MetaSpore.Spark.ParameterServer.Tests.Checkpoints;
using MetaSpore.Spark.Testing.Stores;
using Xunit;

namespace MetaSpore.Spark.ParameterServer.Tests.RemoteStorage;

/// <summary>What every kind of folder does alike.</summary>
public sealed class ObjectFolderTests : IDisposable
{
    readonly TestFolder _local = new();

    public static TheoryData<string> Kinds => ["local", "s3", "s3a", "hdfs"];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _local.Dispose();

    [Theory, MemberData(nameof(Kinds))]
    public async Task PutAsync_Twice_ReplacesTheContent(string kind)
    {
        IObjectFolder folder = Open(kind);
        await folder.PutAsync("a/note 1+é.txt", Bytes("first"), Token);
        await folder.PutAsync("a/note 1+é.txt", Bytes("second"), Token);
        Assert.Equal("second", Encoding.UTF8.GetString((await folder.TryGetAsync("a/note 1+é.txt", Token))!));
        Assert.Equal([new StoredObject("a/note 1+é.txt", 6)], await folder.ListAsync("", Token));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task TryGetAsync_NothingThere_ReturnsNull(string kind)
    {
        IObjectFolder folder = Open(kind);
        Assert.Null(await folder.TryGetAsync("none", Token));
        Assert.Empty(await folder.ListAsync("", Token));
        await folder.DeleteAsync("none", Token);
        await folder.DeleteAllAsync(Token);
        FileNotFoundException missing = await Assert.ThrowsAsync<FileNotFoundException>(() => folder.DownloadAsync("none", Stream.Null, Token));
        Assert.Contains("none", missing.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task TryGetAsync_EmptyObject_ReturnsNoBytes(string kind)
    {
        IObjectFolder folder = Open(kind);
        await folder.PutAsync("empty", default, Token);
        Assert.Empty((await folder.TryGetAsync("empty", Token))!);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task TryGetAsync_TooLong_IsRefused(string kind)
    {
        IObjectFolder folder = Open(kind);
        await folder.PutAsync("large", new byte[100], Token);
        Assert.NotNull(await folder.TryGetAsync("large", Token, maxLength: 100));
        Model.Errors.BadInputException error = await Assert.ThrowsAsync<Model.Errors.BadInputException>(() => folder.TryGetAsync("large", Token, maxLength: 99));
        Assert.Equal($"'{folder.Location.Below("large")}': expected at most 99 bytes, found 100: it is no file of this program, or damaged; restore it from a copy", error.Message);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task ListAsync_Prefix_ListsNamesInOrder(string kind)
    {
        IObjectFolder folder = Open(kind);
        foreach (string name in new[] { "b/2", "a-1", "b/1", "b/1/x", "bb", "c" }.Where(name => kind.StartsWith("s3", StringComparison.Ordinal) || name != "b/1/x"))
            await folder.PutAsync(name, Bytes(name), Token);
        string[] deep = kind.StartsWith("s3", StringComparison.Ordinal) ? ["b/1/x"] : [];
        Assert.Equal(["b/1", .. deep, "b/2", "bb"], (await folder.ListAsync("b", Token)).Select(one => one.Name));
        Assert.Equal(["b/1", .. deep, "b/2"], (await folder.ListAsync("b/", Token)).Select(one => one.Name));
        await folder.DeleteAsync("b", Token);
        Assert.Equal(["a-1", "bb", "c"], (await folder.ListAsync("", Token)).Select(one => one.Name));
        await folder.DeleteAllAsync(Token);
        Assert.Empty(await folder.ListAsync("", Token));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task UploadAsync_LongFile_ComesBackTheSame(string kind)
    {
        IObjectFolder folder = Open(kind);
        byte[] content = new byte[3_000_001];
        new Random(7).NextBytes(content);
        string path = _local["source"];
        await File.WriteAllBytesAsync(path, content, Token);
        await folder.UploadAsync(path, "x/long.dat", Token);
        using MemoryStream back = new();
        Assert.Equal(content.Length, await folder.DownloadAsync("x/long.dat", back, Token));
        Assert.Equal(content, back.ToArray());
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task PutAsync_OutwardName_IsRefused(string kind)
    {
        IObjectFolder folder = Open(kind);
        foreach (string name in new[] { "", "../x", "/x", "a//b", "a/." })
            await Assert.ThrowsAsync<ArgumentException>(() => folder.PutAsync(name, default, Token));
    }

    static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    IObjectFolder Open(string kind) => ObjectFolder.Open(kind == "local" ? _local["folder"] : TestStores.NewLocation(kind));
}
