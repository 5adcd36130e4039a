using MetaSpore.Spark.Model.Errors;
using ZstdSharp;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>Reads another stream, which it owns, and turns what goes wrong with its data into an error that names the file.</summary>
sealed class CheckedStream(Stream inner, string path, string format) : ReadOnlyStream
{
    long _bytes;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            int read = inner.Read(buffer);
            _bytes += read;
            return read;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdException or IOException)
        {
            throw new BadInputException(
                $"{path}: the {format} data are damaged or cut short (readable: the first {_bytes:N0} bytes of content); "
                + "make or copy the file again",
                e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
