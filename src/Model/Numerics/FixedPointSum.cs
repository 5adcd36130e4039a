namespace MetaSpore.Spark.Model.Numerics;

/// <summary>
/// A sum that does not depend on the order or grouping of its terms: each term is rounded towards 0 to a multiple of
/// 2⁻⁴⁰ (about 1e-12), and those are added exactly. Terms up to 2⁸⁰ in magnitude keep their value, larger ones count as
/// ±2⁸⁰. A term that is not finite makes the sum NaN.
/// </summary>
struct FixedPointSum
{
    const double Scale = 1L << 40;
    const double FastLimit = 1L << 20;
    const double Limit = (double)(1L << 40) * (1L << 40);

    Int128 _units;
    long _notFinite;

    /// <summary>The sum.</summary>
    public readonly double Value => _notFinite > 0 ? double.NaN : (double)_units / Scale;

    /// <summary>Adds a term.</summary>
    public void Add(double term)
    {
        if (Math.Abs(term) < FastLimit) _units += (long)(term * Scale);
        else if (double.IsFinite(term)) _units += (Int128)(Math.Clamp(term, -Limit, Limit) * Scale);
        else _notFinite++;
    }

    /// <summary>Adds another sum.</summary>
    public void Add(in FixedPointSum other)
    {
        _units += other._units;
        _notFinite += other._notFinite;
    }

    /// <summary>Writes the exact sum, 24 bytes.</summary>
    public readonly void Write(BinaryWriter writer)
    {
        writer.Write((ulong)(_units >> 64));
        writer.Write((ulong)(UInt128)_units);
        writer.Write(_notFinite);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static FixedPointSum Read(BinaryReader reader)
    {
        ulong upper = reader.ReadUInt64(), lower = reader.ReadUInt64();
        return new() { _units = (Int128)new UInt128(upper, lower), _notFinite = reader.ReadInt64() };
    }
}
