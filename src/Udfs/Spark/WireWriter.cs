using System.Buffers.Binary;
using System.Text;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Writes Java's big-endian numbers and length-delimited texts.</summary>
sealed class WireWriter(Stream stream)
{
    readonly byte[] _number = new byte[8];

    /// <summary>Where the bytes go.</summary>
    public Stream Stream => stream;

    public void Write(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_number, value);
        stream.Write(_number, 0, 4);
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, value);
        stream.Write(_number, 0, 8);
    }

    public void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write(bytes.Length);
        stream.Write(bytes);
    }

    public void Flush() => stream.Flush();
}
