namespace MetaSpore.Spark.SparkConnect;

public static partial class Functions
{
    /// <summary>In lower case.</summary>
    public static Column Lower(Column column) => Column.Call("lower", column);

    /// <summary>In upper case.</summary>
    public static Column Upper(Column column) => Column.Call("upper", column);

    /// <summary>Without spaces at both ends.</summary>
    public static Column Trim(Column column) => Column.Call("trim", column);

    /// <summary>Without spaces at the begin.</summary>
    public static Column LTrim(Column column) => Column.Call("ltrim", column);

    /// <summary>Without spaces at the end.</summary>
    public static Column RTrim(Column column) => Column.Call("rtrim", column);

    /// <summary>Characters of a text or bytes of binary.</summary>
    public static Column Length(Column column) => Column.Call("length", column);

    /// <summary>A part of the text from character start, from 1.</summary>
    public static Column Substring(Column column, int start, int length) => Column.Call("substring", column, Lit(start), Lit(length));

    /// <summary>The parts between matches of a regular expression of Java; at most limit parts when it is positive.</summary>
    public static Column Split(Column column, string pattern, int limit = -1) => Column.Call("split", column, Lit(pattern), Lit(limit));

    /// <summary>A group of the first match; empty without a match.</summary>
    public static Column RegexpExtract(Column column, string pattern, int group) => Column.Call("regexp_extract", column, Lit(pattern), Lit(group));

    /// <summary>All matches replaced.</summary>
    public static Column RegexpReplace(Column column, string pattern, string replacement) => Column.Call("regexp_replace", column, Lit(pattern), Lit(replacement));

    /// <summary>Filled at the begin, or cut, to a length.</summary>
    public static Column Lpad(Column column, int length, string pad) => Column.Call("lpad", column, Lit(length), Lit(pad));

    /// <summary>Filled at the end, or cut, to a length.</summary>
    public static Column Rpad(Column column, int length, string pad) => Column.Call("rpad", column, Lit(length), Lit(pad));

    /// <summary>MD5 as hexadecimal text.</summary>
    public static Column Md5(Column column) => Column.Call("md5", column);

    /// <summary>SHA-2 as hexadecimal text; bits is 224, 256, 384 or 512.</summary>
    public static Column Sha2(Column column, int bits) => Column.Call("sha2", column, Lit(bits));

    /// <summary>Bytes as base64.</summary>
    public static Column Base64(Column column) => Column.Call("base64", column);

    /// <summary>A number as text in another base.</summary>
    public static Column Conv(Column column, int fromBase, int toBase) => Column.Call("conv", column, Lit(fromBase), Lit(toBase));
}
