using System.IO.Compression;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>
/// Decompresses gzip of any number of members and notices every cut. GZipStream ends silently where a member is cut short,
/// so one more member with a known text, the seal, is appended to what it reads: whole data end with that text, and the seal
/// after a cut is read as a part of the broken member.
/// </summary>
sealed class SealedGzipStream : ReadOnlyStream
{
    const int BlockBytes = 1 << 17;

    static readonly byte[] s_text = "\u0000end of gzip data\u0000"u8.ToArray();
    static readonly byte[] s_member = Compress(s_text);

    readonly GZipStream _gzip;
    readonly byte[] _block = new byte[BlockBytes];
    int _at;
    int _end;

    /// <summary>Reads <paramref name="file"/>, which it owns.</summary>
    public SealedGzipStream(Stream file) => _gzip = new(new AppendedStream(file, s_member), CompressionMode.Decompress);

    /// <summary>Reads decompressed bytes.</summary>
    /// <exception cref="InvalidDataException">The data are damaged or cut short.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_end - _at <= s_text.Length)
        {
            _block.AsSpan(_at, _end - _at).CopyTo(_block);
            _end -= _at;
            _at = 0;
            int read = _gzip.Read(_block, _end, _block.Length - _end);
            _end += read;
            if (read > 0) continue;
            if (!_block.AsSpan(0, _end).SequenceEqual(s_text)) throw new InvalidDataException("gzip data end in the middle");
            return 0;
        }

        int count = Math.Min(buffer.Length, _end - _at - s_text.Length);
        _block.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _gzip.Dispose();
        base.Dispose(disposing);
    }

    static byte[] Compress(byte[] text)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest)) gzip.Write(text);
        return target.ToArray();
    }

    sealed class AppendedStream(Stream first, byte[] last) : ReadOnlyStream
    {
        int _at;

        public override int Read(Span<byte> buffer)
        {
            int read = _at == 0 ? first.Read(buffer) : 0;
            if (read > 0) return read;
            int count = Math.Min(buffer.Length, last.Length - _at);
            last.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) first.Dispose();
            base.Dispose(disposing);
        }
    }
}
