using MetaSpore.Spark.Model.Columns;
using MetaSpore.Spark.Model.Errors;
using Xunit;

namespace MetaSpore.Spark.Model.Tests.Columns;

public sealed class CombineSchemaParserTests
{
    [Fact]
    public void FromText_ColumnsAndCrosses_InOrder()
    {
        CombineSchema schema = CombineSchemaParser.FromText("# the user\n user_id \r\nitem_id#city\nitem_id#city\n年龄\n#\n\n\n# end\n");

        Assert.Equal("user_id\nitem_id#city\nitem_id#city\n年龄\n", schema.ToString());
        Assert.Equal(["user_id", "item_id", "city", "年龄"], schema.Columns);
    }

    [Theory]
    [InlineData("a\nb c", "combine schema, line 2, column 2: unexpected blank in 'b c'")]
    [InlineData("a@x", "combine schema, line 1, column 2: unexpected '@' in 'a@x'")]
    [InlineData("  a:1", "combine schema, line 1, column 4: unexpected ':' in 'a:1'")]
    [InlineData("a\tb", "combine schema, line 1, column 2: unexpected tab in 'a\tb'")]
    [InlineData("a#", "combine schema, line 1, column 3: an empty column name in 'a#'")]
    [InlineData("a##b", "combine schema, line 1, column 3: an empty column name in 'a##b'")]
    [InlineData("#a", "combine schema, line 1, column 1: an empty column name in '#a'")]
    [InlineData("a\n\nb", "combine schema, line 3: feature 'b' after blank line 2; a blank line ends a schema in MetaSpore")]
    [InlineData("\n\n", "combine schema: no feature; expected one a line")]
    public void FromText_Malformed_NamesLineColumnAndToken(string text, string message)
    {
        BadInputException error = Assert.Throws<BadInputException>(() => CombineSchemaParser.FromText(text));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromText_SeveralErrors_AllAtOnce() =>
        Assert.Equal(2, Assert.Throws<BadInputException>(() => CombineSchemaParser.FromText("a b\nc\nd#")).Problems.Count);

    [Fact]
    public void FromFile_Absent_NamesTheFile()
    {
        BadInputException error = Assert.Throws<BadInputException>(() => CombineSchemaParser.FromFile("no/such/schema.txt"));

        Assert.StartsWith("no/such/schema.txt: the combine schema file can't be read", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("label\nuser\n\nitem\n", new[] { "label", "user", "item" })]
    [InlineData("2 item\n0 label\n1 user\n", new[] { "label", "user", "item" })]
    public void ColumnNames_EitherForm_NamesByPosition(string text, string[] names) =>
        Assert.Equal(names, ColumnNameFile.FromText(text));

    [Theory]
    [InlineData("a\nb\na", "column names, line 3: column 'a' again; line 1 has it")]
    [InlineData("0 a\n0 b", "column names, line 2: index 0 again; line 1 has it")]
    [InlineData("0 a\n2 b", "column names, line 2: index '2'; expected 0 to 1, each once")]
    [InlineData("0 a\nb", "column names, line 2: 1 words; expected 'INDEX NAME'")]
    [InlineData("x a\n1 b", "column names, line 1: index 'x'; expected 0 to 1, each once")]
    [InlineData(" \n", "column names: no column name")]
    public void ColumnNames_Malformed_NamesLine(string text, string message)
    {
        BadInputException error = Assert.Throws<BadInputException>(() => ColumnNameFile.FromText(text));

        Assert.StartsWith(message, error.Problems[0], StringComparison.Ordinal);
    }
}
